"""The gate of Celery workers: every node answers a ping with the pid of the process that Supervisor started."""

from __future__ import annotations

import time

from backline.resources.celery_control import PING, CeleryApplication, NodeReply, Replies, control
from backline.resources.dataclass import dataclass
from backline.resources.failure import Refused
from backline.resources.joining import joined_by
from backline.resources.program_health import require_health
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.resource import Host
    from backline.resources.supervisor_rpc import ProcessInfo

ROUND = 5.0
"""How many seconds a process of the release asks, until Supervisor is asked again whether the workers live."""


@dataclass(frozen=True)
class WorkerAnswer:
    """A worker that answered with the pid that Supervisor knows, and the queues that it consumes."""

    node: str
    program: str
    pid: int
    queues: tuple[str, ...]


@dataclass(frozen=True)
class CeleryPing(Action):
    """Returns a WorkerAnswer for each node. Raises Refused when `patience` (seconds) is over, or a worker has died."""

    launcher: str
    interpreter: str
    directory: str
    application: str
    nodes: tuple[tuple[str, str], ...]
    """(node name, Supervisor program)"""
    supervisor_socket: str
    patience: float
    user: str = ""
    """Who asks; empty for whoever runs the agent."""

    def joined(self, other: Action) -> CeleryPing | None:
        return joined_by(self, other, "nodes")

    def perform(self, host: Host) -> tuple[WorkerAnswer, ...]:
        deadline = time.monotonic() + self.patience
        application = CeleryApplication(self.launcher, self.interpreter, self.directory, self.application, self.user)
        processes = self._processes({})
        told = ""
        while True:
            left = max(deadline - time.monotonic(), 0.0)
            replies = control(host, application, PING, {node: () for node, _ in self.nodes}, min(ROUND, left))
            processes = self._processes(processes)
            answers, silent = self._judged(replies, processes)
            if not silent:
                return answers
            if time.monotonic() > deadline:
                raise self._refusal(replies, silent, processes)
            if replies.trouble != told:
                told = replies.trouble
                host.tell(f"no worker answers yet: {told}\nthat is waited for, {self.patience:g} s in all")
            host.pause(0.25)

    def _processes(self, before: Mapping[str, ProcessInfo]) -> dict[str, ProcessInfo]:
        """Each program as Supervisor sees it. Raises Refused where one has died, since `before` too."""
        return {
            program: require_health(self.supervisor_socket, program, self.directory, before.get(program))
            for _, program in self.nodes
        }

    def _judged(
        self, replies: Replies, processes: Mapping[str, ProcessInfo]
    ) -> tuple[tuple[WorkerAnswer, ...], tuple[str, ...]]:
        """The answers by the right process, and the nodes of which there is none."""
        answers = tuple(
            WorkerAnswer(node, program, reply.pid, reply.queues)
            for node, program, reply in self._replies(replies)
            if reply.pid == processes[program].pid
        )
        answered = {answer.node for answer in answers}
        return answers, tuple(node for node, _ in self.nodes if node not in answered)

    def _replies(self, replies: Replies) -> tuple[tuple[str, str, NodeReply], ...]:
        found = replies.nodes
        return tuple((node, program, found[node]) for node, program in self.nodes if node in found)

    def _refusal(self, replies: Replies, silent: tuple[str, ...], processes: Mapping[str, ProcessInfo]) -> Refused:
        from backline.resources.log_tail import last_lines

        others = ", ".join(
            f"{node} is answered for by pid {replies.nodes[node].pid}" for node in silent if node in replies.nodes
        )
        process = processes[dict(self.nodes)[silent[0]]]
        because = replies.trouble or others or "nothing came back"
        said = last_lines(process.log_file)
        more = f"its log says more:\n{process.log_file}\n" if said else ""
        return Refused(
            f"no answer from {', '.join(silent)} within {self.patience:g} s: {because}",
            lines=said or (f"{process.name} is {process.state}, pid {process.pid}, and its log is empty so far",),
            hint=f"{more}a worker that needs longer to start: celery_patience",
        )
