"""Takes the queues from Celery workers, so that they finish what they have and begin nothing more; and gives them back."""

from __future__ import annotations

from dataclasses import dataclass

from backline.resources.celery_control import CANCEL, RESUME, CeleryApplication, Replies, control
from backline.resources.failure import Failure
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import BACKOFF, Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.resource import Host


@dataclass(frozen=True)
class CancelQueues(Action):
    """Returns a mapping of each node that answered to the queues that were taken from it.

    A node that does not run consumes nothing and is passed over with a note; one that runs and is silent is a Failure."""

    launcher: str
    interpreter: str
    directory: str
    application: str
    nodes: tuple[tuple[str, str], ...]
    """(node name, Supervisor program)"""
    settle: float = 0.5
    """Seconds after which a worker has surely taken the last message that it was waiting for."""
    supervisor_socket: str = ""
    """By which a worker that does not run is told from a silent one; without it, silence is a failure."""
    patience: float = 20.0
    """Seconds."""
    user: str = ""

    def perform(self, host: Host) -> Mapping[str, tuple[str, ...]]:
        running = running_nodes(host, self.supervisor_socket, self.nodes)
        if not running:
            return {}
        application = CeleryApplication(self.launcher, self.interpreter, self.directory, self.application, self.user)
        replies = control(host, application, CANCEL, {node: () for node in running}, self.patience)
        # who has ended meanwhile is no failure
        require_answers(running_nodes(host, self.supervisor_socket, self.nodes), replies, self.patience)
        keeping = {node: reply.queues for node, reply in replies.nodes.items() if reply.queues}
        if keeping:
            names = "; ".join(f"{node} consumes {', '.join(queues)}" for node, queues in keeping.items())
            raise Failure(f"after {self.patience:g} s of cancel_consumer {names}", hint="deploy again")
        host.pause(self.settle)
        return {node: reply.before for node, reply in replies.nodes.items()}


@dataclass(frozen=True)
class ResumeQueues(Action):
    """The undo of CancelQueues; does nothing to a node that consumes what it should. Returns node → queues."""

    launcher: str
    interpreter: str
    directory: str
    application: str
    nodes: tuple[tuple[str, tuple[str, ...]], ...]
    """(node name, queues as the worker was started with; none: all that the application declares)"""
    programs: tuple[tuple[str, str], ...] = ()
    """(node name, Supervisor program), by which a worker that does not run is told from a silent one."""
    supervisor_socket: str = ""
    patience: float = 20.0
    user: str = ""

    def perform(self, host: Host) -> Mapping[str, tuple[str, ...]]:
        stopped = self._stopped(host)
        wanted = {node: queues for node, queues in self.nodes if node not in stopped}
        if not wanted:
            return {}
        application = CeleryApplication(self.launcher, self.interpreter, self.directory, self.application, self.user)
        replies = control(host, application, RESUME, wanted, self.patience)
        ended = self._stopped(host)
        require_answers(tuple(node for node in wanted if node not in ended), replies, self.patience)
        for node, reply in replies.nodes.items():
            lacking = [queue for queue in wanted[node] if queue not in reply.queues]
            if lacking:
                raise Failure(
                    f"{node} does not consume {', '.join(lacking)} again", hint=f"restart its program: {node}"
                )
        return {node: reply.queues for node, reply in replies.nodes.items()}

    def _stopped(self, host: Host) -> frozenset[str]:
        running = running_nodes(host, self.supervisor_socket, self.programs)
        return frozenset(node for node, _ in self.programs) - frozenset(running)


def running_nodes(host: Host, supervisor_socket: str, nodes: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The nodes whose programs run, each other one told of in a note; all of them where no Supervisor is named."""
    if not supervisor_socket:
        return tuple(node for node, _ in nodes)
    try:
        processes = {found.name: found for found in Supervisor(supervisor_socket).processes()}
    except SupervisorAbsent:
        processes = {}
    running = []
    for node, program in nodes:
        found = processes.get(program)
        if found is None or found.ended or found.state == BACKOFF:
            state = found.state if found else "not known to Supervisor"
            host.tell(f"{node} does not run ({program}: {state}), so it consumes nothing")
        else:
            running.append(node)
    return tuple(running)


def require_answers(running: tuple[str, ...], replies: Replies, patience: float) -> None:
    """Raises Failure where a worker runs and did not answer."""
    silent = [node for node in running if node not in replies.nodes]
    if silent:
        raise Failure(
            f"{', '.join(silent)} runs and has not answered for {patience:g} s: {replies.trouble or 'nothing came back'}",
            hint="see whether the broker answers, and the worker's log",
        )
