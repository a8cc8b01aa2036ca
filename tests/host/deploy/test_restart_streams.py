"""Workers restarted again and again under a stream of tasks: each gets a new process, and no task is lost or run twice.

CI restarts a few times; `make streams` ten times, and prints the table of docs/measurements.md."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.host.deploy.counting_shop import Counts, make_counting
from tests.host.deploy.cutting import SandboxHost
from tests.host.deploy.project import Project
from tests.host.deploy.restart_stream import CONCURRENCY, HEADER, Outcome, restarted_under_stream

ALL = "inventory/group_vars/all.yml"
VARIABLES = "inventory/host_vars/sandbox/main.yml"
FULL = os.environ.get("BACKLINE_STREAMS") == "1"
RESTARTS = 10
WORKER = "    queues: [default]\n"

COMPLAINTS = ("[error]", "[crit]", "[alert]", "[CRITICAL]", "[ERROR]", " ERROR ")

pytestmark = pytest.mark.timeout(1800 if FULL else 420)


def overlapping(project: Project) -> None:
    """As it is by itself."""


def single(project: Project) -> None:
    """Two of them must not run at once."""
    project.replace(ALL, WORKER, f"{WORKER}    overlap: false\n")


def plain(project: Project) -> None:
    """Programs of one name, each stopped before the next starts."""
    project.replace(VARIABLES, "backline_rootless: true\n", "backline_rootless: true\nsupervisor_naming: plain\n")


@dataclass(frozen=True)
class Way:
    """How workers are restarted: what sets it in the inventory, and how often CI does it."""

    choose: Callable[[Project], None]
    sample: int

    @property
    def restarts(self) -> int:
        return RESTARTS if FULL else self.sample


WAYS = {
    "old and new overlap": Way(overlapping, 3),
    "`overlap: false`": Way(single, 1),
    "`supervisor_naming: plain`": Way(plain, 1),
}


@pytest.fixture(scope="module")
def counts(sandbox: Project) -> Counts:
    """A shop that counts, not deployed yet, with one worker for the stream."""
    sandbox.replace(ALL, f"{WORKER}    concurrency: 2", f"{WORKER}    concurrency: {CONCURRENCY}")
    return make_counting(sandbox, "known_to_all")


@pytest.fixture(scope="module", params=WAYS)
def outcome(request: pytest.FixtureRequest, sandbox: Project, counts: Counts) -> Outcome:
    sandbox.git("checkout", "--quiet", "inventory")
    way = WAYS[request.param]
    way.choose(sandbox)
    sandbox.on_host("deploy")
    outcome = restarted_under_stream(sandbox, counts, request.param, way.restarts)
    print(f"\n{HEADER}\n{outcome.row}")
    return outcome


def complaints(project: Project) -> Iterator[str]:
    """What the web and the server before it have to say of requests that failed."""
    for log in SandboxHost(project).app.glob("logs/*.log*"):
        lines = log.read_text(errors="replace").splitlines()
        yield from (f"{log.name}: {line}" for line in lines if any(word in line for word in COMPLAINTS))


def test_every_worker_gets_a_new_process_each_time(outcome: Outcome) -> None:
    assert len(outcome.restarts) == WAYS[outcome.name].restarts
    for restart in outcome.restarts:
        assert len(restart.before["celery"]) == len(restart.after["celery"]) == 2
        assert not restart.before["celery"] & restart.after["celery"]


def test_web_and_beat_are_left_alone(outcome: Outcome) -> None:
    for restart in outcome.restarts:
        assert restart.before["web"] == restart.after["web"] == outcome.restarts[0].before["web"]
        assert restart.before["beat"] == restart.after["beat"] == outcome.restarts[0].before["beat"]


def test_the_stream_flows_to_the_end_and_no_request_fails(outcome: Outcome, sandbox: Project) -> None:
    assert outcome.flowed
    assert outcome.unsent == [], "\n".join(complaints(sandbox))


def test_no_task_is_lost(outcome: Outcome) -> None:
    assert outcome.sent
    assert outcome.ticks
    assert outcome.lost == frozenset()


def test_no_task_is_run_twice(outcome: Outcome) -> None:
    assert outcome.twice == frozenset()


def test_each_new_process_ran_tasks(outcome: Outcome) -> None:
    """So each restart fell into the stream; the tasks themselves wrote down whose children ran them."""
    workers = {run.worker for run in outcome.runs}
    assert [restart.after["celery"] & workers for restart in outcome.restarts].count(set()) == 0
