"""A service of the host's init system: it runs, and is started at boot. (Programs of Supervisor are Service's.)"""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.init_system import init_system
from backline.resources.resource import Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


class State:
    """What a service should be. The strings stand in differences."""

    RUNNING = "running"
    STOPPED = "stopped"
    ALL = (RUNNING, STOPPED)


class Boot:
    """Whether a service is started when the host starts."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    ALL = (ENABLED, DISABLED)


@dataclass(frozen=True)
class SystemService(Resource):
    """`state` is a word of State, `boot` one of Boot. Its package brings it; restarting it is ServiceOrder's."""

    name: str
    state: str = State.RUNNING
    boot: str = Boot.ENABLED

    @property
    def subject(self) -> str:
        return f"service {self.name}"

    def provides(self) -> tuple[str, ...]:
        return (service_name(self.name),)

    def differences(self, host: Host) -> Iterator[Difference]:
        found = self._foreseen(host) or self._found(host)
        if found.state != self.state:
            yield Difference("state", found.state, self.state)
        if found.boot != self.boot:
            yield Difference("boot", found.boot, self.boot)

    def _foreseen(self, host: Host) -> SystemService | None:
        """As an earlier resource would leave it, in check mode."""
        ways = (SystemService(self.name, state, boot) for state in State.ALL for boot in Boot.ALL)
        return next((way for way in ways if host.promises(way._as_foreseen)), None)

    @property
    def _as_foreseen(self) -> str:
        return f"{service_name(self.name)} {self.state} {self.boot}"

    def _found(self, host: Host) -> SystemService:
        """As it is. One that a package would bring runs and is enabled: packages leave services so."""
        system = init_system(host)
        if system.knows(host, self.name):
            state = State.RUNNING if system.runs(host, self.name) else State.STOPPED
            boot = Boot.ENABLED if system.starts_at_boot(host, self.name) else Boot.DISABLED
            return SystemService(self.name, state, boot)
        if host.promises(service_name(self.name)):
            return SystemService(self.name)
        raise Failure(f"this host has no service {self.name}", hint="have the package that brings it installed before")

    def converge(self, host: Host) -> None:
        system = init_system(host)
        for difference in tuple(self.differences(host)):
            if difference.attribute == "boot":
                change = system.enable if self.boot == Boot.ENABLED else system.disable
                change(host, self.name)
            else:
                system.order(host, self.name, "start" if self.state == State.RUNNING else "stop")

    def foresee(self, host: Foresight) -> None:
        host.promise(self._as_foreseen)


def service_name(name: str) -> str:
    """What a resource says that it provides or needs when it means a service of the init system."""
    return f"service:{name}"
