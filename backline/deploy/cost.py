"""What stands still in a run, and what that costs, in words: for the plan, and before it happens."""

from __future__ import annotations

from collections.abc import Iterator

from backline.deploy.draft import Change
from backline.resources.process import BEAT, WEB, WORKERS, Process


def costs_in_place(change: Change) -> Iterator[str]:
    """Of a takeover in place: nothing that is stopped works until its successor does."""
    workers, web, beat = (change.old(part) for part in (WORKERS, WEB, BEAT))
    if workers:
        yield f"{_told(workers)}: in place; {_PAUSE_OF_WORKERS.format(longest(workers))}"
    if web:
        yield f"{_told(web)}: in place; from its stop until the new one answers, visitors get an error"
    if beat:
        yield f"{_told(beat)}: in place; what falls due between its stop and its start is sent when it starts"


def costs_of_single_workers(change: Change) -> Iterator[str]:
    """Of workers that must not overlap, where all else does."""
    single = tuple(process for process in change.new(WORKERS) if not process.overlaps)
    old = tuple(process for process in change.old(WORKERS) if replaces(process, single))
    if single and old:
        yield f"{_told(old)}: not beside its successor (overlap: false); {_PAUSE_OF_WORKERS.format(longest(old))}"


def replaces(old: Process, starting: tuple[Process, ...]) -> bool:
    """Whether an old process must end before these start: it must not overlap, or is called as one that must not."""
    return not old.overlaps or old.name in {process.name for process in starting}


def longest(processes: tuple[Process, ...]) -> int:
    """The seconds that the most patient of them may take to end."""
    return max(process.program.patience for process in processes)


_PAUSE_OF_WORKERS = (
    "running tasks are finished first (at most {} s), and tasks wait in the queues until the new one answers"
)


def _told(processes: tuple[Process, ...]) -> str:
    return ", ".join(process.program.name for process in processes)
