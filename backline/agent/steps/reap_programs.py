"""Has Supervisor forget the app's programs that have finished draining."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.program_control import reload_configuration
from backline.resources.program_files import program_file
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import STOPPING, StillRunning, Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


_FATES = ("reaped", "draining", "running")


@dataclass(frozen=True)
class Reaped:
    """Names of programs whose file is gone: forgotten now; still finishing; and running on, as nobody has told them."""

    reaped: tuple[str, ...] = ()
    draining: tuple[str, ...] = ()
    running: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReapPrograms(Action):
    """Programs of an app whose name begins as ours are not ours: the names of all apps are in `apps_directory`."""

    socket: str
    include_directory: str
    app_name: str
    apps_directory: str

    def perform(self, host: Host) -> Reaped:
        supervisor = Supervisor(self.socket)
        try:
            without_file = reload_configuration(host, supervisor).removed
            ours = self._ours(host, without_file)
            fates = {name: self._fate(host, supervisor, name) for name in ours}
        except SupervisorAbsent:
            return Reaped()
        return Reaped(*(tuple(name for name in ours if fates[name] == fate) for fate in _FATES))

    def foresee(self, host: Foresight) -> Reaped:
        """Those that still finish; who has ended would be forgotten, which nobody sees. Supervisor is not told to read
        its files: that is a change."""
        try:
            found = Supervisor(self.socket).processes()
        except Failure:  # it does not run, or refuses what the roles would mend before it is asked again
            return Reaped()
        stopping = self._ours(host, (one.name for one in found if one.state == STOPPING))
        files = {name: host.status(program_file(self.include_directory, name)) for name in stopping}
        return Reaped(draining=tuple(name for name in stopping if files[name] is None))

    def _ours(self, host: Host, names: Iterable[str]) -> tuple[str, ...]:
        apps = {self.app_name, *host.names(self.apps_directory)}
        return tuple(sorted(name for name in names if _app_of(name, apps) == self.app_name))

    def _fate(self, host: Host, supervisor: Supervisor, name: str) -> str:
        found = supervisor.process(name)
        if found is not None and not found.ended:
            return "draining" if found.state == STOPPING else "running"
        try:
            host.call(lambda: supervisor.remove(name))
        except StillRunning:
            return "running"
        return "reaped"


def _app_of(program: str, apps: Iterable[str]) -> str:
    """The app of these that a program is named after, the longest of several: `shop-admin-web-r1` is none of `shop`'s.
    Empty for none."""
    fitting = (app for app in apps if program.startswith((f"{app}-", f"{app}_")))
    return max(fitting, key=len, default="")
