"""Takes the queues from Celery workers: they finish what they have and begin nothing more. And gives them back."""

from __future__ import annotations

from backline.resources.celery_control import CANCEL, RESUME, CeleryApplication, Replies, control
from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.joining import joined_by
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import RUNNING, STARTING, Supervisor, SupervisorAbsent
from backline.resources.words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.resource import Host


@dataclass(frozen=True)
class CancelQueues(Action):
    """Returns a mapping of each node that answered to the queues that were taken from it, when it consumes nothing more
    and has begun all that it took: from then on it can be told to end without a task's being done twice.

    One that does not run consumes nothing and is passed over with a note; one that runs and is silent is a Failure."""

    launcher: str
    interpreter: str
    directory: str
    application: str
    nodes: tuple[tuple[str, str], ...]
    """(node name, Supervisor program)"""
    supervisor_socket: str = ""
    """By which a worker that does not run is told from a silent one; without it, silence is a failure."""
    patience: float = 20.0
    """Seconds."""
    user: str = ""

    def joined(self, other: Action) -> CancelQueues | None:
        return joined_by(self, other, "nodes")

    def perform(self, host: Host) -> Mapping[str, tuple[str, ...]]:
        running = tell_running(host, self.supervisor_socket, self.nodes)
        if not running:
            return {}
        application = CeleryApplication(self.launcher, self.interpreter, self.directory, self.application, self.user)
        replies = control(host, application, CANCEL, {node: () for node in running}, self.patience)
        running = running_nodes(self.supervisor_socket, self.nodes)  # who has ended meanwhile is no failure
        require_answers(running, replies, self.patience)
        keeping = {node: reply.queues for node, reply in replies.nodes.items() if reply.queues}
        if keeping:
            names = "; ".join(f"{node} consumes {', '.join(queues)}" for node, queues in keeping.items())
            raise Failure(f"after {self.patience:g} s of cancel_consumer {names}", hint="deploy again")
        unbegun = {node: replies.nodes[node].unbegun for node in running if replies.nodes[node].unbegun}
        if unbegun:
            names = "; ".join(_unbegun(node, number) for node, number in unbegun.items())
            raise Failure(f"after {self.patience:g} s {names}", hint="deploy again")
        return {node: reply.before for node, reply in replies.nodes.items()}


def _unbegun(node: str, number: int) -> str:
    if number < 0:
        return f"{node} does not say which tasks it has taken"
    return f"{node} has taken {counted(number, 'task')} and not begun"


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
    patience: float = 60.0
    """Seconds; in plain mode it has just been started again."""
    user: str = ""

    def joined(self, other: Action) -> ResumeQueues | None:
        return joined_by(self, other, "nodes", "programs")

    def perform(self, host: Host) -> Mapping[str, tuple[str, ...]]:
        named = {node for node, _ in self.programs}
        running = tell_running(host, self.supervisor_socket, self.programs)
        wanted = {node: queues for node, queues in self.nodes if node in running or node not in named}
        if not wanted:
            return {}
        application = CeleryApplication(self.launcher, self.interpreter, self.directory, self.application, self.user)
        replies = control(host, application, RESUME, wanted, self.patience)
        running = running_nodes(self.supervisor_socket, self.programs)
        expected = tuple(node for node in wanted if node in running or node not in named)
        require_answers(expected, replies, self.patience)
        for node, reply in replies.nodes.items():
            lacking = [queue for queue in wanted[node] if queue not in reply.queues]
            if lacking:
                raise Failure(f"{node} does not consume {', '.join(lacking)} again", hint="restart its program")
        return {node: reply.queues for node, reply in replies.nodes.items()}


def tell_running(host: Host, supervisor_socket: str, nodes: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The nodes that run, with a note for each other one."""
    running = running_nodes(supervisor_socket, nodes)
    for node, program in nodes:
        if node not in running:
            host.tell(f"{node} does not run (program {program}), so it consumes nothing")
    return running


def running_nodes(supervisor_socket: str, nodes: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The nodes whose programs run and were not told to end; all of them where no Supervisor is named."""
    if not supervisor_socket:
        return tuple(node for node, _ in nodes)
    try:
        processes = Supervisor(supervisor_socket).processes()
    except SupervisorAbsent:
        return ()
    states = {found.name: found.state for found in processes}
    return tuple(node for node, program in nodes if states.get(program) in (STARTING, RUNNING))


def require_answers(running: tuple[str, ...], replies: Replies, patience: float) -> None:
    """Raises Failure where a worker runs and did not answer."""
    silent = [node for node in running if node not in replies.nodes]
    if silent:
        because = replies.trouble or "nothing came back"
        raise Failure(
            f"no answer from {', '.join(silent)} within {patience:g} s: {because}",
            hint="see whether the broker answers, and the worker's log; of one that you end yourself nothing is asked",
        )
