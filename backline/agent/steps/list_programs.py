"""What Supervisor knows of the programs whose names begin in a given way."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Question
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host
    from backline.resources.supervisor_rpc import ProcessInfo


@dataclass(frozen=True)
class ListPrograms(Question):
    """Returns a ProcessInfo for each, sorted by name; none where no supervisord runs. An empty prefix means all."""

    socket: str
    prefix: str = ""

    def perform(self, host: Host) -> tuple[ProcessInfo, ...]:
        try:
            found = Supervisor(self.socket).processes()
        except SupervisorAbsent:
            return ()
        return tuple(sorted((one for one in found if one.name.startswith(self.prefix)), key=lambda one: one.name))
