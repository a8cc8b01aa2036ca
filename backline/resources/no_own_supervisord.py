"""No supervisord of the user's own: it has ended, with whatever it still ran."""

from __future__ import annotations

import time

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.program_control import pauses
from backline.resources.resource import Difference, Resource
from backline.resources.supervisor_rpc import RUNNING, SHUTTING_DOWN, Supervisor, SupervisorAbsent
from backline.resources.supervisord_process import supervisord_pids, supervisord_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host

END_SECONDS = 60.0
"""How long it may take; its programs have ended before, or are told to all at once."""


@dataclass(frozen=True)
class NoOwnSupervisord(Resource):
    """The opposite of OwnSupervisord, whose fields it has."""

    executable: str
    configuration: str
    socket: str

    @property
    def subject(self) -> str:
        return f"supervisord at {self.socket}"

    def differences(self, host: Host) -> Iterator[Difference]:
        if supervisord_pids(self.executable, self.configuration):
            yield Difference("supervisord", supervisord_state(self.socket) or "does not answer", None)

    def converge(self, host: Host) -> None:
        host.call(self._tell_to_end)
        deadline = time.monotonic() + END_SECONDS
        for pause in pauses():
            pids = supervisord_pids(self.executable, self.configuration)
            if not pids:
                break
            if time.monotonic() > deadline:
                raise Failure(f"supervisord does not end: pid {pids[0]}", hint=f"end it by hand: kill {pids[0]}")
            host.pause(pause)
        host.remove(self.socket)  # one that was killed has left it

    def _tell_to_end(self) -> None:
        """By its socket; one that lost it, by the signal that means the same."""
        import os
        import signal

        supervisor = Supervisor(self.socket)
        try:
            state = supervisor.state()
            if state == RUNNING:
                supervisor.stop_all()
            if state != SHUTTING_DOWN:
                supervisor.shutdown()
        except SupervisorAbsent:
            for pid in supervisord_pids(self.executable, self.configuration):
                os.kill(pid, signal.SIGTERM)
