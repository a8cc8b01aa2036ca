"""The hosts of one run: a step on all of them at once, or on one, told as it begins and ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from backline.agent.events import Event, Kind, Outcome
from backline.fleet.session import Listener
from backline.fleet.target import Target
from backline.resources.failure import ExitCode, Failure, Interrupted

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Step = Callable[Concatenate[Target, Parameters], Result]

FORKS = 32
"""Hosts at once."""

SEVERITY = (
    ExitCode.PARTIAL,
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
    ExitCode.USAGE,
)
"""Which failure names the run, when hosts fail differently."""


class Fleet:
    """Runs steps on targets. A step that fails anywhere fails the run, after it has ended everywhere."""

    def __init__(self, targets: Sequence[Target], listener: Listener) -> None:
        self.targets = tuple(targets)
        self._listener = listener
        self._pool = ThreadPoolExecutor(max_workers=FORKS, thread_name_prefix="step")

    def each(
        self, step: Step[Parameters, Result], *args: Parameters.args, **options: Parameters.kwargs
    ) -> tuple[Result, ...]:
        """The step on every target at once; results in the order of the targets."""
        return self.on(self.targets, step, *args, **options)

    def one(self, step: Step[Parameters, Result], *args: Parameters.args, **options: Parameters.kwargs) -> Result:
        """The step on the first target only: what must happen once."""
        return self.on(self.targets[:1], step, *args, **options)[0]

    def on(
        self,
        targets: Sequence[Target],
        step: Step[Parameters, Result],
        *args: Parameters.args,
        **options: Parameters.kwargs,
    ) -> tuple[Result, ...]:
        """The step on some targets. Raises the worst Failure; Ctrl-C stops the step everywhere, then raises."""

        def told(target: Target) -> Result:
            return self._told(step, target, *args, **options)

        running = [self._pool.submit(told, target) for target in targets]
        try:
            failures = [failure for failure in map(_failure_of, running) if failure]
        except KeyboardInterrupt:
            for target in targets:
                target.session.interrupt()
            step_name = name_of(step)
            for future in running:
                _failure_of(future)
            raise Interrupted("stopped by Ctrl-C", step=step_name) from None
        if failures:
            raise min(failures, key=lambda failure: SEVERITY.index(failure.code))
        return tuple(future.result() for future in running)

    def tell(self, event: Event) -> None:
        """Tell of something that concerns the run as a whole."""
        self._listener(event)

    def close(self) -> None:
        """End every session in order."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for target in self.targets:
            target.session.close()

    def _told(
        self,
        step: Step[Parameters, Result],
        target: Target,
        *args: Parameters.args,
        **options: Parameters.kwargs,
    ) -> Result:
        """The step, with an event before and after it."""
        name = name_of(step)
        target.session.enter(name)
        began = time.time()
        self._listener(Event(Kind.STARTED, began, target.name, name))
        status = Outcome.FAILED
        try:
            result = step(target, *args, **options)
            status = Outcome.DONE
            return result
        except Failure as failure:
            failure.host = failure.host or target.name
            failure.step = failure.step or name
            target.tally.failed += 1
            raise
        finally:
            now = time.time()
            text = target.session.take_remark()
            self._listener(Event(Kind.FINISHED, now, target.name, name, status, text=text, seconds=now - began))


def name_of(step: Callable[..., object]) -> str:
    """What people call a step: its function's name, as words."""
    return step.__name__.replace("_", " ")


def _failure_of(future: Future[Result]) -> Failure | None:
    """How a step ended; what is not a Failure is a fault of ours and goes straight up."""
    error = future.exception()
    if error is None or isinstance(error, Failure):
        return error
    raise error


@contextmanager
def closing(fleet: Fleet) -> Iterator[Fleet]:
    """End the fleet's sessions whatever happens."""
    try:
        yield fleet
    finally:
        fleet.close()
