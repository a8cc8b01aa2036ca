"""Ends programs whose successors will have their names, and waits until they are gone."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.foresight import Would
from backline.resources.program_control import stop_programs
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class StopPrograms(Action):
    """Their files stay, so that a host that boots meanwhile starts what they say; StartPrograms is the undo.

    They have `patience` seconds to finish what they have begun, then they are killed. Doing it again changes nothing;
    neither does it without a supervisord."""

    socket: str
    names: tuple[str, ...]
    patience: float

    def perform(self, host: Host) -> None:
        try:
            stop_programs(host, Supervisor(self.socket), self.names, self.patience)
        except SupervisorAbsent:
            return

    def foresee(self, host: Foresight) -> None:
        for name in self.names:
            host.foretell(Would.STOP, name)
