"""A deploy, a refused one, a restart of workers and a rollback under requests and tasks: nothing fails or is lost."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.host.deploy.counting_shop import Counts, append, know_only, make_counting
from tests.host.deploy.cutting import SandboxHost
from tests.host.deploy.project import Project
from tests.host.deploy.request_stream import Answer, Request, RequestStream, ask

pytestmark = pytest.mark.timeout(420)

PATIENCE = 120.0
"""Seconds until what is waited for is given up."""
ANSWERS_BETWEEN = 50
FIRST_ONLY, SECOND_ONLY = "known_to_the_first", "known_to_the_second"
QUEUES = ("default", "mail")
STYLE_SHEET = r'href="(/static/shop/shop\.[0-9a-f]{12}\.css)"'
BROKEN_HOME = "\n\ndef home(request):\n    raise RuntimeError\n"
REFUSED = 6
TAKE_OVER = ["start workers", "start web", "take queues over", "switch", "drain previous", "move beat", "prove"]


@dataclass
class Story:
    """What was done to the site, and what is known of it afterwards."""

    project: Project
    counts: Counts
    site: str
    unless: str = ""
    """The release that shall not send the task that it alone knows; any other does."""
    assets: tuple[str, ...] = ()
    """The addresses of the style sheets of the releases until now."""
    answers: tuple[Answer, ...] = ()
    ticks: frozenset[str] = frozenset()
    """The tasks of beat until the end of the streams; it goes on."""
    steps: dict[str, list[str]] = field(default_factory=dict)
    """Command → its steps in the order in which they began."""
    held: dict[str, frozenset[str]] = field(default_factory=dict)
    """Command → the tasks that ran from before it until after it."""
    kept: dict[str, Answer] = field(default_factory=dict)
    """Command → the request that was begun before the switch, and could end only when the old web had been told to."""

    @property
    def sent(self) -> frozenset[str]:
        return frozenset(answer.task for answer in self.answers if answer.task)

    def choose(self, number: int) -> Request:
        """The request of this number: pages, styles, slow ones, and tasks short and long in both queues."""
        queue = QUEUES[number // 10 % 2]
        if number % 75 == 5:
            return send(QUEUES[number // 75 % 4 // 3], seconds=2 + number % 2)
        by_place = {
            0: Request("/slow/", {"seconds": "0.7", "door": ""}),
            1: Request("/", follow=STYLE_SHEET),
            2: Request(self.assets[number // 10 % len(self.assets)]),
            3: send(queue, seconds=0.1),
        }
        return by_place.get(number % 10) or send(queue, unless=self.unless)


def send(queue: str, seconds: float = 0.02, unless: str = "", door: str = "") -> Request:
    return Request("/send/", {"queue": queue, "seconds": str(seconds), "unless": unless, "door": door})


@pytest.fixture(scope="module")
def story(sandbox: Project) -> Story:
    """r1; then under the streams r2, its workers anew, r3 which is refused, and back to r1's code as r4."""
    counts = make_counting(sandbox, FIRST_ONLY)
    sandbox.on_host("deploy")
    story = Story(sandbox, counts, site_of(sandbox), unless="r1")
    story.assets = (style_sheet(story.site),)
    with RequestStream(story.site, story.choose) as stream:
        know_only(sandbox, SECOND_ONLY)
        act(story, stream, "deploy")
        story.assets += (style_sheet(story.site),)
        act(story, stream, "restart-workers")
        append(sandbox.shop / "shop" / "views.py", BROKEN_HOME)
        sandbox.commit("a page that fails")
        assert sandbox.on_host("deploy", check=False).code == REFUSED
        forget_the_second(story, stream)
        act(story, stream, "rollback")
    story.answers, story.ticks = stream.answers(), counts.ticks()
    assert came_true(lambda: not draining(sandbox))
    came_true(lambda: counts.ended(story.sent | story.ticks))  # which have not, a test tells
    return story


def act(story: Story, stream: RequestStream, command: str) -> None:
    """Run the command while tasks of the old workers, and a request of the old web, are kept from ending."""
    tasks = [stream.ask(send(queue, door=f"{command}-tasks")) for queue in QUEUES]
    story.held[command] = frozenset(task.result(PATIENCE).task for task in tasks)
    assert came_true(lambda: story.counts.begun(story.held[command]))
    story.steps[command] = []
    kept: list[Future[Answer]] = []
    for event in events_of(story.project, command):
        happened = (event["event"], event.get("step"))
        if event["event"] == "started":
            story.steps[command].append(event["step"])
        if happened == ("started", "start workers"):
            kept.append(stream.ask(Request("/slow/", {"seconds": "0", "door": f"{command}-request"})))
        if happened == ("finished", "drain previous"):
            story.counts.open_door(f"{command}-request")
    story.kept[command] = kept[0].result(PATIENCE)
    assert not story.counts.ended(story.held[command])
    story.counts.open_door(f"{command}-tasks")
    number = len(stream.answers())
    assert came_true(lambda: len(stream.answers()) > number + ANSWERS_BETWEEN)


def forget_the_second(story: Story, stream: RequestStream) -> None:
    """From now on the second release sends only what both know; wait until nothing else is left in the queues."""
    story.unless = "r2"
    stream.answer_all_begun()
    sent = frozenset(answer.task for answer in stream.answers() if SECOND_ONLY in answer.told.get("task", ""))
    came_true(lambda: story.counts.ended(sent))


def events_of(project: Project, command: str) -> Iterator[dict[str, Any]]:
    """What a command tells, while it tells it; it must end well."""
    with project.start(command, "--host", project.host, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        yield from (json.loads(line) for line in process.stdout)
        said = process.stderr.read()
    assert process.returncode == 0, said


def came_true(look: Callable[[], bool]) -> bool:
    """Look until it is so; False where it is not so after all."""
    deadline = time.monotonic() + PATIENCE
    while not look():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def site_of(project: Project) -> str:
    text = (project.folder / "inventory" / "host_vars" / project.host / "connection.yml").read_text()
    found = re.search(r'nginx_listen: "?([0-9.:]+)', text)
    assert found, text
    return found[1]


def style_sheet(site: str) -> str:
    """The address that the page gives its style sheet; it carries a hash of the contents."""
    found = re.search(STYLE_SHEET, ask(site, Request("/")).text)
    assert found
    return found[1]


def draining(project: Project) -> bool:
    return any(program.state == "STOPPING" for program in SandboxHost(project).supervisor.processes())


def logs(project: Project) -> Iterator[Path]:
    yield from Path(project.environment["BACKLINE_SANDBOX_ROOT"]).rglob("logs/*celery*.log*")


def test_no_request_fails(story: Story) -> None:
    assert [answer for answer in story.answers if answer.status != 200] == []
    assert {answer.release for answer in story.answers if answer.release} == {"r1", "r2", "r4"}


def test_every_task_is_run_exactly_once(story: Story) -> None:
    """Those that the site sent and those that beat sent; nothing was begun and not ended, nothing run twice."""
    expected = dict.fromkeys(story.sent | story.ticks, 1)
    for word in ("begin", "end"):
        times = story.counts.times(word)
        assert {task: times[task] for task in expected} == expected
        assert set(times.values()) == {1}
        assert set(times) <= story.sent | story.counts.ticks()


@pytest.mark.parametrize(
    ("release", "only", "knowing"), [("r2", SECOND_ONLY, {"r2", "r3"}), ("r4", FIRST_ONLY, {"r4"})]
)
def test_what_only_the_new_release_knows_is_run_by_it_from_its_first_request(
    story: Story, release: str, only: str, knowing: set[str]
) -> None:
    """r3 knows what r2 knows, and for a while it has workers."""
    own = [answer for answer in story.answers if answer.told.get("task", "").endswith(only)]
    assert {answer.release for answer in own} == {release}
    assert {answer.told["task"] for answer in own} == {f"shop.tasks.{only}", f"shop.tasks.mail_{only}"}
    by_task = {run.task: run.release for run in story.counts.runs() if run.word == "end"}
    assert {by_task.get(answer.task, "never run") for answer in own} <= knowing


def test_no_worker_threw_a_task_away(story: Story) -> None:
    files = list(logs(story.project))
    assert files
    assert [file for file in files if "unregistered task" in file.read_text()] == []


@pytest.mark.parametrize(("command", "node"), [("deploy", "r1"), ("restart-workers", "r2"), ("rollback", "r2-2")])
def test_a_task_longer_than_the_command_ends_in_its_old_worker(story: Story, command: str, node: str) -> None:
    ended = {run.node for run in story.counts.runs() if run.word == "end" and run.task in story.held[command]}
    assert ended == {f"{queue}-{node}@{story.project.host}" for queue in QUEUES}


@pytest.mark.parametrize(("command", "release"), [("deploy", "r1"), ("restart-workers", "r2"), ("rollback", "r2")])
def test_a_request_longer_than_the_switch_ends_in_its_old_web(story: Story, command: str, release: str) -> None:
    assert (story.kept[command].status, story.kept[command].release) == (200, release)


def test_the_styles_of_both_releases_are_answered_all_the_while(story: Story) -> None:
    asked = {answer.request.path for answer in story.answers if answer.request.path.startswith("/static/")}
    assert len(set(story.assets)) == 2
    assert asked == set(story.assets)
    for asset in story.assets:
        assert ask(story.site, Request(asset)).status == 200


def test_never_do_two_beats_run(story: Story) -> None:
    """Each line of a beat's life is behind the last line of the beat before."""
    beats = story.counts.beats()
    pids = list(dict.fromkeys(line.pid for line in beats))
    lives = [[line.word for line in beats if line.pid == pid] for pid in pids]
    assert [line.what for line in beats if line.word == "begin"] == ["r1", "r2", "r4"]
    assert [pid for pid in pids for line in beats if line.pid == pid] == [line.pid for line in beats]
    assert all(life[0] == "begin" and life.count("begin") == 1 and "tick" in life for life in lives)
    assert [life.count("end") for life in lives] == [1, 1, 0]
    assert [life[-1] for life in lives[:-1]] == ["end", "end"]


@pytest.mark.parametrize(("command", "left_out"), [("deploy", ""), ("restart-workers", "start web"), ("rollback", "")])
def test_the_parts_go_over_in_their_order(story: Story, command: str, left_out: str) -> None:
    expected = [step for step in TAKE_OVER if step != left_out]
    assert [step for step in story.steps[command] if step in TAKE_OVER] == expected
