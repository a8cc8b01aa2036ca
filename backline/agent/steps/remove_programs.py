"""Ends programs now and takes every trace of them from Supervisor: the undo of StartPrograms."""

from __future__ import annotations

from dataclasses import dataclass

from backline.resources.failure import Failure
from backline.resources.foresight import Would
from backline.resources.program_control import reload_configuration, remove_programs
from backline.resources.program_files import program_file
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class RemovePrograms(Action):
    """Programs have `patience` seconds to end, then they are killed. Doing it again changes nothing; without a
    supervisord only the files go."""

    socket: str
    include_directory: str
    names: tuple[str, ...]
    patience: float = 10.0

    def perform(self, host: Host) -> None:
        for name in self.names:
            host.remove(program_file(self.include_directory, name))
        supervisor = Supervisor(self.socket)
        try:
            remove_programs(host, supervisor, self.names, self.patience)
            self._have_files_read(host, supervisor)
        except SupervisorAbsent:
            return

    def foresee(self, host: Foresight) -> None:
        for name in self.names:
            host.foretell(Would.STOP, name)
            host.remove(program_file(self.include_directory, name))

    def _have_files_read(self, host: Host, supervisor: Supervisor) -> None:
        """An undo is not held up by somebody else's broken file: what was ours has gone already."""
        try:
            reload_configuration(host, supervisor)
        except SupervisorAbsent:
            raise
        except Failure as failure:
            host.tell(f"warning: {failure.cause}")
