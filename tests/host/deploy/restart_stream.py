"""Restarts of the workers, one after the other, under a stream of tasks; and what became of every task."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.host.deploy.counting_shop import Counts, Run
from tests.host.deploy.project import Project
from tests.host.deploy.request_stream import Answer, Request, RequestStream
from tests.host.deploy.test_streams import came_true, draining, send, site_of

RATE = 20
"""Tasks a second."""
EVERY_TWENTIETH, LONG, SHORT = 20, 5.0, 0.02
"""One in so many takes LONG, the others SHORT; in seconds."""
CONCURRENCY = 8
LONGEST_STREAM = 1500.0
LONGEST_CALM = 2.0
"""Seconds at most between two restarts, by chance, so that they fall between any two tasks."""
SEED = 4


@dataclass(frozen=True)
class Restart:
    """One `inv restart-workers`: program kind → pids before and after, and how long the command took."""

    before: dict[str, set[int]]
    after: dict[str, set[int]]
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """All restarts of one way to restart, what was sent meanwhile, and what the tasks wrote of themselves."""

    name: str
    restarts: tuple[Restart, ...]
    answers: tuple[Answer, ...]
    sent: dict[str, float]
    """Task → when the site sent it."""
    ticks: frozenset[str]
    """The tasks that beat sent."""
    runs: tuple[Run, ...]
    flowed: bool
    """Whether the stream flowed to the end of the last restart."""

    @property
    def unsent(self) -> list[Answer]:
        """The requests for a task that were not answered with one."""
        return [answer for answer in self.answers if not answer.task]

    @property
    def lost(self) -> frozenset[str]:
        """Sent, by the site or by beat, and not ended."""
        ended = {run.task for run in self.runs if run.word == "end"}
        return (frozenset(self.sent) | self.ticks) - ended

    @property
    def twice(self) -> frozenset[str]:
        """Begun more often than once."""
        times = Counter(run.task for run in self.runs if run.word == "begin")
        return frozenset(task for task, number in times.items() if number > 1)

    @property
    def starts(self) -> list[float]:
        """When the stream's tasks began, in order."""
        return sorted(run.at for run in self.runs if run.word == "begin" and run.task in self.sent)

    @property
    def longest_pause(self) -> float:
        """Seconds between two starts of tasks, where none began."""
        return max(after - before for before, after in itertools.pairwise(self.starts))

    @property
    def longest_wait(self) -> float:
        """Seconds from the sending of a task to its start."""
        begun = (run for run in self.runs if run.word == "begin" and run.task in self.sent)
        return max(run.at - self.sent[run.task] for run in begun)

    @property
    def row(self) -> str:
        """The row of the table in docs/measurements.md."""
        seconds = [restart.seconds for restart in self.restarts]
        return (
            f"| {self.name} | {len(self.restarts)} | {len(self.sent)} | {len(self.lost)} | {len(self.twice)} "
            f"| {self.longest_pause:.2f} s | {self.longest_wait:.2f} s | {min(seconds):.1f} – {max(seconds):.1f} s |"
        )


COLUMNS = (
    *("workers", "restarts", "tasks sent", "lost", "run twice"),
    *("longest pause between two starts", "longest wait for a start", "a restart took"),
)
HEADER = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def restarted_under_stream(project: Project, counts: Counts, name: str, times: int) -> Outcome:
    """Restart so often, and wait for every task that was sent."""
    chance = random.Random(SEED)
    runs, sent, ticks = counts.runs(), counts.sent(), counts.ticks()
    with RequestStream(site_of(project), choose, RATE, LONGEST_STREAM) as stream:
        came_true(lambda: len(stream.answers()) > 2 * RATE)
        restarts = tuple(_restarts(project, chance, times))
        flowed = stream.flows
    new = {task: at for task, at in counts.sent().items() if task not in sent}
    new_ticks = counts.ticks() - ticks  # beat goes on sending
    came_true(lambda: counts.ended(frozenset(new) | new_ticks))  # which have not, a test tells
    came_true(lambda: not draining(project))
    return Outcome(name, restarts, stream.answers(), new, new_ticks, counts.runs()[len(runs) :], flowed)


def choose(number: int) -> Request:
    return send("default", seconds=SHORT if number % EVERY_TWENTIETH else LONG)


def _restarts(project: Project, chance: random.Random, times: int) -> Iterator[Restart]:
    for _ in range(times):
        time.sleep(chance.uniform(0, LONGEST_CALM))
        before, begun = pids(project), time.monotonic()
        project.on_host("restart-workers")
        seconds = time.monotonic() - begun
        yield Restart(before, pids(project), seconds)


def pids(project: Project) -> dict[str, set[int]]:
    """Kind → the processes that serve; none that only ends what it had begun."""
    found: dict[str, set[int]] = {}
    for item in project.status():
        if item["state"] != "STOPPING":
            found.setdefault(item["kind"], set()).add(item["pid"])
    return found
