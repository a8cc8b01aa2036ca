"""What surrounds a run: the lock and the ledger, the guard before the switch, and the promise to finish after it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from backline.agent.events import Event, Kind
from backline.agent.steps.append_ledger import AppendLedger
from backline.agent.steps.guarded import EndGuard, Revert, StartGuard
from backline.agent.steps.take_lock import ReleaseLock
from backline.deploy.draft import Draft
from backline.deploy.order import Order
from backline.fleet.fleet import Fleet
from backline.fleet.target import Target
from backline.resources.failure import Failure, Partial

LEDGER_FORMAT = 1


@dataclass
class Run:
    """How far a run has come: what its last words and the ledger are made from."""

    fleet: Fleet
    order: Order
    began: float = field(default_factory=time.time)
    draft: Draft | None = None
    migrated: bool = False
    switched: bool = False
    status: str = "failed"


@contextmanager
def recorded(fleet: Fleet, order: Order) -> Iterator[Run]:
    """Whatever happens, what was done stands in the ledger, and the lock is let go."""
    run = Run(fleet, order)
    failure: Failure | None = None
    try:
        yield run
    except Failure as error:
        failure = error
        error.state = error.state or state_of(run)
        raise
    finally:
        _conclude(run, failure)


@contextmanager
def guarded(run: Run, draft: Draft) -> Iterator[None]:
    """From here each host can undo by itself, until it has switched. A failure undoes what was begun."""
    fleet = run.fleet
    fleet.each(start_guard)
    try:
        yield
    except (Failure, KeyboardInterrupt) as error:
        fleet.each(undo)
        if isinstance(error, Failure):
            raise
        raise Failure("stopped by Ctrl-C") from None
    run.switched = True


@contextmanager
def to_be_finished(run: Run) -> Iterator[None]:
    """From here nothing is undone. Ctrl-C is noted and ignored; what fails is Partial, and the guard does the rest."""
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        run.fleet.tell(Event(Kind.WARNING, time.time(), text="the switch is done: this is being finished, not stopped"))

    signal.signal(signal.SIGINT, note)
    try:
        yield
        run.fleet.each(end_guard)
    except Failure as failure:
        if isinstance(failure, Partial):
            raise
        raise Partial(
            f"after the switch: {failure.cause}",
            lines=failure.lines,
            hint=failure.hint or f"inv status --host {failure.host}",
            host=failure.host,
            step=failure.step,
        ) from failure
    finally:
        signal.signal(signal.SIGINT, before)


def start_guard(target: Target) -> None:
    """Fork the guard on the host; it holds lock and journal from now on."""
    target.perform(StartGuard(target.settings.app.state_directory))


def undo(target: Target) -> None:
    """End what was started of the new generation, and give the old one its queues back."""
    notes = target.perform(Revert())
    assert isinstance(notes, tuple)
    for note in notes:
        target.session.note(f"could not be undone: {note}")
    target.perform(EndGuard())


def end_guard(target: Target) -> None:
    """Nothing is owed any more."""
    target.perform(EndGuard())


def state_of(run: Run) -> str:
    """The state of things after a failure, for the person who reads it."""
    draft = run.draft
    if draft is None:
        return "nothing was deployed; what served goes on serving"
    if run.switched:
        return f"{draft.label} serves; what is not finished is named above"
    live = draft.first.stock.live_number
    serving = f"r{live} serves, untouched" if live else "nothing was live before, and nothing is now"
    migrations = "; its migrations stay applied" if run.migrated else ""
    return f"{serving}; nothing of {draft.label} runs{migrations}"


def _conclude(run: Run, failure: Failure | None) -> None:
    """On the hosts whose lock we hold, if they are still there."""
    for target in run.fleet.targets:
        if not target.holds_lock:
            continue
        entry = _ledger_entry(run, target, failure)
        path = f"{target.settings.app.state_directory}/ledger.jsonl"
        wrote = target.session.begin(AppendLedger(path, entry))
        released = target.session.begin(ReleaseLock())
        try:
            wrote.result()
            released.result()
        except Failure as error:
            text = f"{target.name}: the ledger could not be written: {error.cause}"
            run.fleet.tell(Event(Kind.WARNING, time.time(), target.name, text=text))


def _ledger_entry(run: Run, target: Target, failure: Failure | None) -> str:
    """One JSON line. It holds no value of the environment and no output."""
    entry = {
        "format": LEDGER_FORMAT,
        "at": run.order.at,
        "by": run.order.who,
        "command": run.order.command,
        "release": run.draft.name if run.draft else None,
        "commit": run.draft.on(target.name).record.commit if run.draft else None,
        "status": "failed" if failure else run.status,
        "error": failure.cause if failure else None,
        "seconds": round(time.time() - run.began, 1),
    }
    return json.dumps(entry, ensure_ascii=False)
