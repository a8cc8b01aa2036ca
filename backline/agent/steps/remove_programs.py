"""Ends programs now and takes every trace of them from Supervisor: the undo of StartPrograms."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.foresight import Would
from backline.resources.no_programs import NoPrograms
from backline.resources.program_files import program_file
from backline.resources.resource import Action

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
        NoPrograms(self.names, self.socket, self.include_directory, self.patience).converge(host)

    def foresee(self, host: Foresight) -> None:
        for name in self.names:
            host.foretell(Would.STOP, name)
            host.remove(program_file(self.include_directory, name))
