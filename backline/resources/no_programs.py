"""Programs that neither run nor are known to Supervisor, and have no file that would start them."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.program_control import reload_configuration, remove_programs
from backline.resources.program_files import program_file
from backline.resources.resource import Difference, Resource
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class NoPrograms(Resource):
    """They are told to end all at once, and have `patience` seconds until they are killed."""

    names: tuple[str, ...]
    supervisor: str
    """Path of Supervisor's socket."""
    include_directory: str
    patience: float

    @property
    def subject(self) -> str:
        return ", ".join(self.names)

    def differences(self, host: Host) -> Iterator[Difference]:
        states = self._states()
        for name in self.names:
            state = states.get(name)
            if state is not None or host.status(program_file(self.include_directory, name)):
                yield Difference(f"program {name}", state or "not running", None)

    def converge(self, host: Host) -> None:
        for name in self.names:  # first, so that a host that boots now does not start them
            host.remove(program_file(self.include_directory, name))
        supervisor = Supervisor(self.supervisor)
        try:
            remove_programs(host, supervisor, self.names, self.patience)
            _have_files_read(host, supervisor)
        except SupervisorAbsent:
            return

    def _states(self) -> dict[str, str]:
        try:
            return {found.name: found.state for found in Supervisor(self.supervisor).processes()}
        except SupervisorAbsent:
            return {}


def _have_files_read(host: Host, supervisor: Supervisor) -> None:
    """Somebody else's broken file holds nothing up: what was ours has gone already."""
    try:
        reload_configuration(host, supervisor)
    except SupervisorAbsent:
        raise
    except Failure as failure:
        host.tell(f"warning: {failure.cause}")
