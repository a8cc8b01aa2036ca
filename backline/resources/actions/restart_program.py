"""Restarts one Supervisor program: ends it, waits until it is gone, starts it, waits until it is RUNNING."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.program_control import stop_programs, wait_until_running
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


@dataclass(frozen=True)
class RestartProgram(Action):
    """`patience` is how many seconds the program has to end before it is killed; its own file may say less."""

    socket: str
    program: str
    patience: float = 60.0

    def perform(self, host: Host) -> None:
        supervisor = Supervisor(self.socket)
        stop_programs(host, supervisor, (self.program,), self.patience)
        host.call(lambda: supervisor.start(self.program))
        wait_until_running(host, supervisor, self.program)
