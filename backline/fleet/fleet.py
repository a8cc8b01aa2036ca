"""The hosts of one run: a step on all of them at once, or on one, told as it begins and ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Concatenate, ParamSpec, TypeVar

from backline.agent.events import Event, Kind, Outcome
from backline.fleet.forks import FORKS
from backline.fleet.session import Listener
from backline.fleet.target import Target
from backline.fleet.waiting import MOMENT
from backline.resources.failure import ExitCode, Failure, Interrupted

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Step = Callable[Concatenate[Target, Parameters], Result]

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

    def __init__(self, targets: Sequence[Target], listener: Listener, forks: int = FORKS) -> None:
        self.targets = tuple(targets)
        self.taking_part = self.targets
        """Those on which steps are done; see `narrow`."""
        self._listener = listener
        self._pool = ThreadPoolExecutor(max_workers=forks, thread_name_prefix="step")
        self._stopped = False
        self._nudges: SimpleQueue[None] = SimpleQueue()
        """Wakes the main thread: a step has ended, or is to stop. What a signal's handler may put something into."""
        self.step = ""
        """The last step that was begun."""
        self.waiting = False
        """Whether the main thread does nothing but wait for a step."""

    def each(
        self, step: Step[Parameters, Result], *args: Parameters.args, **options: Parameters.kwargs
    ) -> tuple[Result, ...]:
        """The step on every target that takes part, at once; results in the order of the targets."""
        return self.on(self.taking_part, step, *args, **options)

    def one(self, step: Step[Parameters, Result], *args: Parameters.args, **options: Parameters.kwargs) -> Result:
        """The step on the first target that takes part: what must happen once."""
        return self.on(self.taking_part[:1], step, *args, **options)[0]

    def on(
        self,
        targets: Sequence[Target],
        step: Step[Parameters, Result],
        *args: Parameters.args,
        **options: Parameters.kwargs,
    ) -> tuple[Result, ...]:
        """The step on some targets. Raises the worst Failure; Ctrl-C stops the step everywhere, then raises."""
        self.require_going(step)
        running = self._begun(targets, step, *args, **options)
        with self._waits():
            try:
                while not _ended(running) and not self._stopped:
                    self._await_nudge()
            except KeyboardInterrupt:  # the first from where nobody has a handler of their own, or a second one
                if self._stopped:
                    raise
                self._stopped = True
            if not _ended(running):
                for target in targets:
                    target.session.interrupt()
            while not _ended(running):
                self._await_nudge()
        if any(map(_failure_of, running)):
            self.require_going(step)
        return _results(running)

    def surely(
        self, step: Step[Parameters, Result], *args: Parameters.args, **options: Parameters.kwargs
    ) -> tuple[Result, ...]:
        """`each` for what must not be stopped: Ctrl-C waits until it has ended."""
        return self.surely_on(self.taking_part, step, *args, **options)

    def surely_on(
        self,
        targets: Sequence[Target],
        step: Step[Parameters, Result],
        *args: Parameters.args,
        **options: Parameters.kwargs,
    ) -> tuple[Result, ...]:
        """The same on some targets."""
        running = self._begun(targets, step, *args, **options)
        with self._waits():
            while not _ended(running):
                self._await_nudge()
        return _results(running)

    def narrow(self, names: Collection[str]) -> None:
        """From now on steps are done on these hosts; what concerns the others is done."""
        self.taking_part = tuple(target for target in self.targets if target.name in names)

    def require_going(self, step: Callable[..., object]) -> None:
        """Raises Interrupted where `stop` was called: this step is not begun, or did not end by itself."""
        if self._stopped:
            hosts = ", ".join(target.name for target in self.targets)
            raise Interrupted("stopped by Ctrl-C", host=hosts, step=name_of(step))

    def stop(self) -> None:
        """End the step that runs, and begin no other; a signal's handler may call this."""
        self._stopped = True
        self._nudges.put(None)

    def go_on(self) -> None:
        """What was to stop has stopped; what comes now is to be done."""
        self._stopped = False
        for target in self.targets:
            target.session.go_on()

    def _begun(
        self,
        targets: Sequence[Target],
        step: Step[Parameters, Result],
        *args: Parameters.args,
        **options: Parameters.kwargs,
    ) -> list[Future[Result]]:
        self.step = name_of(step)

        def told(target: Target) -> Result:
            return self._told(step, target, *args, **options)

        running = [self._pool.submit(told, target) for target in targets]
        for future in running:
            future.add_done_callback(lambda _: self._nudges.put(None))
        return running

    def _await_nudge(self) -> None:
        """Or for a moment, see waiting.py."""
        with suppress(Empty):
            self._nudges.get(timeout=MOMENT)

    @contextmanager
    def _waits(self) -> Iterator[None]:
        self.waiting = True
        try:
            yield
        finally:
            self.waiting = False

    def tell(self, event: Event) -> None:
        """Tell of something that concerns the run as a whole."""
        self._listener(event)

    def close(self) -> None:
        """End every session; a step that still waits for one fails, and has told so when this returns."""
        for target in self.targets:
            target.session.close()
        self._pool.shutdown(cancel_futures=True)

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
            status = target.session.outcome
            return result
        except Failure as failure:
            failure.host = failure.host or target.name
            failure.step = failure.step or name
            target.tally.failed += 1
            target.tally.failure = failure
            raise
        finally:
            now = time.time()
            text = target.session.take_remark()
            self._listener(Event(Kind.FINISHED, now, target.name, name, status, text=text, seconds=now - began))


def name_of(step: Callable[..., object]) -> str:
    """What people call a step: its function's name, as words."""
    return step.__name__.replace("_", " ")


def _ended(running: Sequence[Future[Result]]) -> bool:
    return all(future.done() for future in running)


def _results(running: Sequence[Future[Result]]) -> tuple[Result, ...]:
    """What the hosts answered. Raises the worst of their failures."""
    failures = [failure for failure in map(_failure_of, running) if failure]
    if failures:
        raise gravest(failures)
    return tuple(future.result() for future in running)


def gravest(failures: Sequence[Failure]) -> Failure:
    """The one that names the run; of equal ones the first."""
    return min(failures, key=lambda failure: SEVERITY.index(failure.code))


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
