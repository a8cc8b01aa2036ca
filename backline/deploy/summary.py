"""A run in one record: how it ended, what serves, and what was done on each host."""

from __future__ import annotations

from collections.abc import Mapping

from backline.agent.events import Outcome
from backline.fleet.target import Target
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import ExitCode, Failure

FAILED = "failed"
STATUS = {ExitCode.REFUSED: "refused", ExitCode.PARTIAL: "partial"}


@dataclass(frozen=True)
class HostSummary:
    """Counts of resources, of blobs and bytes that were sent, and of the agent's waits for our next frame."""

    changed: int
    unchanged: int
    failed: int
    blobs_sent: int
    bytes_sent: int
    virtualenv: str | None
    round_trips: int
    serves: str | None = None
    """What serves it as far as the run knows: `r43`, `r43-2`; empty for nothing, None where it did not look."""
    error: str | None = None
    """What has failed on it last, whatever names the run."""
    pauses: Mapping[str, float] = field(default_factory=dict)
    """Seconds that what could not overlap stood still: worker, `web` or `beat` → from its stop to its new answer."""


@dataclass(frozen=True)
class ErrorSummary:
    """What a person must know of a failure."""

    host: str
    step: str
    cause: str
    hint: str


@dataclass(frozen=True)
class StepSummary:
    """How long a step took on a host."""

    name: str
    host: str
    seconds: float


@dataclass(frozen=True)
class Summary:
    """`status`: deployed, live, provisioned, removed, absent or checked (exit 0), refused, partial, else failed.

    `release` is r43, or None; `seconds` how long all of it took; `steps` stand in the order in which they ended."""

    status: str
    release: str | None
    error: ErrorSummary | None
    hosts: Mapping[str, HostSummary]
    seconds: float
    steps: tuple[StepSummary, ...]


def summary_of(
    status: str,
    release: str | None,
    failure: Failure | None,
    targets: tuple[Target, ...],
    seconds: float,
    steps: tuple[StepSummary, ...],
) -> Summary:
    """The summary of a run; `targets` are those that were connected."""
    error = ErrorSummary(failure.host, failure.step, failure.cause, failure.hint) if failure else None
    word = STATUS.get(failure.code, FAILED) if failure else status
    return Summary(word, release, error, {target.name: host_summary(target) for target in targets}, seconds, steps)


def host_summary(target: Target) -> HostSummary:
    """What was done on one host; in check mode nothing stood still."""
    tally, traffic = target.tally, target.session.traffic
    pauses = {} if target.session.outcome == Outcome.ASKED else tally.pauses.seconds
    return HostSummary(
        changed=tally.changed,
        unchanged=tally.unchanged,
        failed=tally.failed,
        blobs_sent=traffic.blobs,
        bytes_sent=traffic.bytes_out,
        virtualenv=tally.virtualenv,
        round_trips=traffic.round_trips,
        serves=tally.serves,
        error=tally.failure.cause if tally.failure else None,
        pauses={name: round(seconds, 3) for name, seconds in pauses.items()},
    )
