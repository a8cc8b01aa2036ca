"""Sends one Supervisor program a signal, as to a server that reads its configuration again."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


@dataclass(frozen=True)
class SignalProgram(Action):
    """`signal` is a name without SIG: HUP, USR1."""

    socket: str
    program: str
    signal: str

    def perform(self, host: Host) -> None:
        if not host.call(lambda: Supervisor(self.socket).signal(self.program, self.signal)):
            raise Failure(
                f"cannot send {self.signal} to {self.program}: it does not run",
                hint=f"see `supervisorctl -s unix://{self.socket} status`",
            )
