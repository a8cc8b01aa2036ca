"""Celery's remote control, spoken by a short process of the release: its Celery, its broker, its environment."""

from __future__ import annotations

from backline.resources.dataclass import dataclass, field
from backline.resources.failure import Failure
from backline.resources.python_errors import advice, python_error, without_libraries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.resource import Host

PING = "ping"
CANCEL = "cancel"
RESUME = "resume"

IMPORT_SECONDS = 120.0
"""How long the project may take to be imported, on top of the seconds that are given to the workers."""
LINES_SHOWN = 20

LAST_POLL = 1.2
"""Seconds after which a worker's last BRPOP has ended: it lasts one, at the broker, whatever the load here."""
STANDSTILL = 3.0
"""Seconds without any change after which tasks that a worker has taken and not begun do wait for its long ones."""


@dataclass(frozen=True)
class CeleryApplication:
    """Where a release's Celery application is, and how a process of the release is started."""

    launcher: str
    interpreter: str
    directory: str
    name: str
    """What `celery -A` is given: `shop`, `shop.celery:app`."""
    user: str = ""
    """Empty for whoever runs the agent."""


@dataclass(frozen=True)
class NodeReply:
    """What one node said: the process id of its main process (0 where it was not asked), and the queues it consumes.

    After CANCEL and RESUME, `before` holds the queues that it consumed until then."""

    pid: int
    queues: tuple[str, ...]
    before: tuple[str, ...] = ()
    unbegun: int = 0
    """After CANCEL: how many tasks it has taken and not begun, with room for them; -1 where it does not say."""


@dataclass(frozen=True)
class Replies:
    """Nodes that answered, by name, and what stood in the way of the others, in the words of the broker's library."""

    nodes: Mapping[str, NodeReply] = field(default_factory=dict)
    trouble: str = ""


def control(
    host: Host, application: CeleryApplication, verb: str, nodes: Mapping[str, tuple[str, ...]], seconds: float
) -> Replies:
    """Have the nodes (name → queues, which only RESUME needs) do what `verb` says, and wait up to `seconds` for them.

    Raises Failure where the application cannot be imported."""
    import json

    request = {
        "application": application.name,
        "mark": MARK,
        "verb": verb,
        "nodes": {node: list(queues) for node, queues in nodes.items()},
        "seconds": seconds,
        "last_poll": LAST_POLL,
        "standstill": STANDSTILL,
    }
    completed = host.run(
        (application.launcher, application.interpreter, "-c", SCRIPT, json.dumps(request)),
        directory=application.directory,
        user=application.user,
        timeout=seconds + IMPORT_SECONDS,
    )
    lines = completed.output.splitlines()
    if completed.code:
        error = python_error(lines, application.directory)
        cause = str(error) if error else f"exit code {completed.code}"
        raise Failure(
            f"the Celery application {application.name} cannot be loaded: {cause}",
            lines=without_libraries(lines, application.directory)[-LINES_SHOWN:],
            hint=advice(error) if error else "see celery_app in the inventory",
        )
    return _replies([json.loads(line[len(MARK) :]) for line in lines if line.startswith(MARK)])


def _replies(said: list[dict[str, object]]) -> Replies:
    nodes = {str(one["node"]): _node_reply(one) for one in said if "node" in one}
    trouble = [str(one["trouble"]) for one in said if "trouble" in one]
    return Replies(nodes, trouble[-1] if trouble else "")


def _node_reply(said: Mapping[str, object]) -> NodeReply:
    pid, queues, before, unbegun = said["pid"], said["queues"], said["before"], said["unbegun"]
    assert isinstance(pid, int)
    assert isinstance(unbegun, int)
    assert isinstance(queues, list)
    assert isinstance(before, list)
    return NodeReply(pid, tuple(queues), tuple(before), unbegun)


MARK = "backline-says:"
"""Begins each line of the script's, since what the project prints while it is imported comes the same way."""

SCRIPT = r'''
"""Asks Celery nodes until they answer. Runs in the release's Python, which may be an old one: 2.7 upwards."""
import json, os, signal, sys, time
from celery.app.utils import find_app

request = json.loads(sys.argv[1])
if request["application"].split(".")[0] == "djcelery":
    import djcelery
    djcelery.setup_loader()  # as manage.py's settings do: else Celery 3.1 knows nothing of Django's
application = find_app(request["application"])
nodes = request["nodes"]
deadline = 0

def begin_to_wait():
    """From now on, what is asked for may take its seconds."""
    global deadline
    deadline = time.time() + request["seconds"]
    signal.alarm(int(request["seconds"]) + 5)

def say(**words):
    sys.stdout.write(request["mark"] + json.dumps(words) + "\n")
    sys.stdout.flush()

def give_up(signal_number, frame):
    """A broker behind a firewall that drops packets keeps whoever connects waiting for minutes."""
    say(trouble="the broker does not answer")
    os._exit(0)

signal.signal(signal.SIGALRM, give_up)
begin_to_wait()

def connected():
    """A connection that says at once when there is no broker, where Celery's own would try a hundred times."""
    connection = getattr(application, "connection_for_write", application.connection)()
    patience = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
    connection.transport_options = dict(connection.transport_options or {}, **patience)
    return connection

def ask(command, wanted, arguments=None):
    """What each wanted node answers. The silent ones are asked again, and given more time: a question that comes
    before a worker listens is lost, and a worker on a busy host is slow."""
    answers, seconds = {}, 0.25
    while True:
        missing = [node for node in wanted if node not in answers]
        if not missing or time.time() > deadline:
            return answers
        try:
            with connected() as connection:
                for answer in application.control.broadcast(
                    command, arguments=arguments or {}, destination=missing, connection=connection, reply=True,
                    timeout=seconds, limit=len(missing)
                ) or []:
                    answers.update(answer)
        except Exception as error:
            say(trouble="%s: %s" % (type(error).__name__, error))
            time.sleep(seconds)
        seconds = min(seconds * 1.4, 3.0)

def consumed(wanted):
    answers = ask("active_queues", wanted)
    return dict((node, [queue["name"] for queue in answers[node] or []]) for node in answers)

def tell(found, before, pids, unbegun={}):
    for node in found:
        say(
            node=node, pid=pids.get(node, 0), queues=found[node], before=before.get(node, []),
            unbegun=unbegun.get(node, 0),
        )

def tasks(command, wanted):
    """Node -> the ids of its tasks, sorted."""
    answers = ask(command, wanted)
    listed = dict((node, answers[node]) for node in answers if isinstance(answers[node], list))
    return dict((node, sorted(task["id"] for task in listed[node])) for node in listed)

def slots(wanted):
    answers = ask("stats", wanted)
    return dict((node, (answers[node].get("pool") or {}).get("max-concurrency") or 0) for node in answers)

UNTOLD = -1

def left_unbegun(wanted):
    """Node -> how many tasks it has taken and not begun, when all are begun or time is over.

    A worker that is told to end between the two gives such a task back to the broker, and does it as well. What waits
    for a free slot behind long tasks is only given back: that is so where nothing changes for a while. The first round
    may come before what the broker had sent is read; the second one does not."""
    begin_to_wait()
    room, left, seen, changed, told, rounds = slots(wanted), list(wanted), {}, {}, {}, 0
    while True:
        reserved = tasks("dump_reserved", left)
        told.update(reserved)
        holding = [node for node in left if reserved.get(node) != []]
        active = tasks("dump_active", [node for node in holding if node in reserved])
        for node in active:
            now = (reserved[node], active[node])
            if seen.get(node) != now:
                seen[node], changed[node] = now, time.time()
        full = [node for node in active if len(active[node]) >= room.get(node, 0) > 0]
        stands = [node for node in full if time.time() - changed[node] > request["standstill"]]
        rounds += 1
        if rounds > 1:
            left = [node for node in holding if node not in stands]
        if not left or time.time() > deadline:
            return dict((node, len(told[node]) if node in told else UNTOLD) for node in left)  # the last may be cut
        time.sleep(0.05)

def ping():
    answers = ask("stats", list(nodes))
    tell(consumed(list(answers)), {}, dict((node, answers[node].get("pid", 0)) for node in answers))

def cancel():
    before = found = consumed(list(nodes))
    while any(found.values()) and time.time() < deadline:
        for node in found:
            for queue in found[node]:
                ask("cancel_consumer", [node], {"queue": queue})
        found = dict(found, **consumed([node for node in found if found[node]]))
    time.sleep(request["last_poll"])
    tell(found, before, {}, left_unbegun(list(found)))

def resume():
    before = found = consumed(list(nodes))
    declared = list(application.amqp.queues)
    wanted = dict((node, nodes[node] or declared) for node in found)
    while time.time() < deadline:
        lacking = [(node, queue) for node in found for queue in wanted[node] if queue not in found[node]]
        if not lacking:
            break
        for node, queue in lacking:
            ask("add_consumer", [node], {"queue": queue})
        found = dict(found, **consumed([node for node, _ in lacking]))
    tell(found, before, {})

{"ping": ping, "cancel": cancel, "resume": resume}[request["verb"]]()
'''
