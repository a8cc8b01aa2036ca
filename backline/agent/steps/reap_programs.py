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
    """`prefixes` are what the names of the app's programs begin with (`shop-`)."""

    socket: str
    include_directory: str
    prefixes: tuple[str, ...]

    def perform(self, host: Host) -> Reaped:
        supervisor = Supervisor(self.socket)
        try:
            without_file = reload_configuration(host, supervisor).removed
            ours = tuple(sorted(name for name in without_file if name.startswith(self.prefixes)))
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
        stopping = sorted(one.name for one in found if one.state == STOPPING and one.name.startswith(self.prefixes))
        files = {name: host.status(program_file(self.include_directory, name)) for name in stopping}
        return Reaped(draining=tuple(name for name in stopping if files[name] is None))

    def _fate(self, host: Host, supervisor: Supervisor, name: str) -> str:
        found = supervisor.process(name)
        if found is not None and not found.ended:
            return "draining" if found.state == STOPPING else "running"
        try:
            host.call(lambda: supervisor.remove(name))
        except StillRunning:
            return "running"
        return "reaped"
