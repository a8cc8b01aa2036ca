"""Proves which release the processes of programs run, by what /proc says of each."""

from __future__ import annotations

import time

from backline.agent.steps.release_evidence import release_verdict
from backline.resources.dataclass import dataclass, replace
from backline.resources.paths import path_name
from backline.resources.program_files import program_name
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class Expected:
    """A program, and the path of the release.json of the release that it should run."""

    program: str
    record: str


@dataclass(frozen=True)
class Proof:
    """`started` is ISO 8601 in UTC, empty where nothing runs; `reason` says what proves it, or what is wrong."""

    program: str
    pid: int
    state: str
    started: str
    proved: bool
    reason: str


@dataclass(frozen=True)
class ProvePrograms(Action):
    """Returns a Proof for each expected program; it never fails for what it finds. It looks until all are proved or
    `patience` seconds have passed: a program that was only now started has not opened its record yet."""

    socket: str
    expected: tuple[Expected, ...]
    patience: float = 0.0

    def perform(self, host: Host) -> tuple[Proof, ...]:
        supervisor = Supervisor(self.socket)
        deadline = time.monotonic() + self.patience
        while True:
            proofs = tuple(_proof(supervisor, one) for one in self.expected)
            if all(proof.proved for proof in proofs) or time.monotonic() >= deadline:
                return proofs
            host.pause(0.1)

    def foresee(self, host: Foresight) -> tuple[Proof, ...]:
        """What would be started is taken for proved; what runs already is looked at."""
        would_run = tuple(one for one in self.expected if host.promises(program_name(one.program)))
        if host.promises(path_name(self.socket)):  # the supervisord that would be started starts them all
            would_run = self.expected
        running = tuple(one for one in self.expected if one not in would_run)
        return (*(_foreseen(one) for one in would_run), *replace(self, expected=running).perform(host))


def _foreseen(expected: Expected) -> Proof:
    return Proof(expected.program, 0, "", "", True, "it would be started")


def _proof(supervisor: Supervisor, expected: Expected) -> Proof:
    try:
        found = supervisor.process(expected.program)
    except SupervisorAbsent as failure:
        return Proof(expected.program, 0, "", "", False, failure.cause)
    if found is None:
        return Proof(expected.program, 0, "", "", False, "Supervisor does not know it")
    if not found.pid:
        reason = found.spawn_error or f"it is {found.state}"
        return Proof(expected.program, 0, found.state, "", False, reason)
    verdict = release_verdict(found.pid, expected.record)
    return Proof(expected.program, found.pid, found.state, _iso(found.started), verdict.proved, verdict.reason)


def _iso(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
