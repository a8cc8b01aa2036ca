"""What surrounds a run: the lock and the ledger, the guard before the switch, and the promise to finish after it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from backline.agent.events import Event, Kind
from backline.agent.faults import as_failure
from backline.agent.guard_orders import LastWords
from backline.agent.steps.append_ledger import AppendLedger
from backline.agent.steps.guarded import EndGuard, Revert, StartGuard
from backline.agent.steps.take_lock import ReleaseLock
from backline.deploy.draft import Draft
from backline.deploy.order import Order
from backline.deploy.stopping import Stopping
from backline.fleet.fleet import Fleet
from backline.fleet.target import Target
from backline.resources.failure import Failure, Interrupted, Partial, Unreachable
from backline.resources.ledger import LedgerEntry
from backline.resources.words import counted

DEPLOYED = "deployed"
DRAFTING = "plan release"
"""What is done between the steps: working out what the release is made of."""


@dataclass
class Run:
    """How far a run has come: what its last words and the ledger are made from."""

    fleet: Fleet
    order: Order
    began: float = field(default_factory=time.time)
    draft: Draft | None = None
    migrating: bool = False
    """Migrations have been begun: some may be applied."""
    switched: bool = False
    not_undone: list[str] = field(default_factory=list)
    """What is still there of the new generation, as far as we know."""
    status: str = "failed"
    undrafted: str = "nothing was deployed; what served goes on serving"
    """The state of things as long as, or where, no release is made."""

    def __post_init__(self) -> None:
        self.stopping = Stopping(self.fleet)

    @property
    def has_stopped_something(self) -> bool:
        """Whether what served was told to end before its successor worked, as plain mode does."""
        in_place = self.draft is not None and self.draft.in_place
        return in_place and any(target.tally.pauses.any_begun for target in self.fleet.targets)

    def commit(self, switch: Callable[[Target, Draft], None], draft: Draft) -> None:
        """The one step that Ctrl-C does not stop, and from which on nothing is undone."""
        self.fleet.require_going(switch)
        try:
            self.fleet.surely(switch, draft)
        except Unreachable as lost:
            raise Partial(
                "the connection was lost during the switch",
                lines=(lost.cause, *lost.lines),
                hint=f"which release serves:  inv status --host {lost.host}",
                state="where the switch was made, the host's own guard finishes the deploy; where not, it undoes it",
                host=lost.host,
                step=lost.step,
            ) from lost
        self.switched = True
        self.stopping.finish()


@contextmanager
def recorded(fleet: Fleet, order: Order) -> Iterator[Run]:
    """Whatever happens, what was done stands in the ledger, and the lock is let go. A second Ctrl-C ends it at once."""
    run = Run(fleet, order)
    with run.stopping:
        try:
            with _concluded(run):
                yield run
        except KeyboardInterrupt:
            raise Interrupted(
                "ended at once by a second Ctrl-C",
                host=", ".join(target.name for target in fleet.targets),
                step=fleet.step,
                state=_left_to_the_hosts(run),
                hint=f"what runs:  inv status{_host_option(run)}",
            ) from None


@contextmanager
def _concluded(run: Run) -> Iterator[None]:
    """The last words of a run that has the time for them."""
    failure: Failure | None = None
    try:
        yield
    except Failure as error:
        failure = error
        failure.step = failure.step or DRAFTING
        failure.state = failure.state or state_of(run)
        if isinstance(failure, Interrupted):
            failure.hint = failure.hint or f"{run.order.command}   (when you want it after all)"
        raise
    except Exception as error:
        failure = as_failure(error)
        raise
    finally:
        if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            run.fleet.go_on()
            _conclude(run, failure)


@contextmanager
def guarded(run: Run, draft: Draft) -> Iterator[None]:
    """From here each host can undo by itself, until it has switched. A failure undoes what was begun."""
    try:
        run.fleet.each(start_guard, run)
        yield
    except Failure:
        _take_back(run, draft)
        raise


def _take_back(run: Run, draft: Draft) -> None:
    """Undo on every host; one that cannot be asked any more has its guard."""
    run.fleet.go_on()
    try:
        notes = run.fleet.surely(undo)
    except Failure as error:
        text = f"it cannot be told to undo what was begun ({error.cause}); its guard does that by itself"
        run.fleet.tell(Event(Kind.WARNING, time.time(), error.host, text=text))
        run.not_undone.append(f"the guard on {error.host} undoes what was begun of {draft.label}")
    else:
        run.not_undone += [f"could not be undone: {note}" for host in notes for note in host]


@contextmanager
def to_be_finished(run: Run) -> Iterator[None]:
    """From here nothing is undone. What fails is Partial, and the guard does the rest."""
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


def start_guard(target: Target, run: Run) -> None:
    """Fork the guard on the host; it holds lock and journal from now on, and has the last word of a run cut off."""
    entry = ledger_entry(run, target, None)
    words = LastWords(
        path=ledger_path(target),
        undone=replace(entry, error="the run was cut off; the host's guard has undone what was begun"),
        finished=replace(entry, status=DEPLOYED, error="the run was cut off; the host's guard has finished it"),
    )
    target.perform(StartGuard(target.settings.app.state_directory, words))


def undo(target: Target) -> tuple[str, ...]:
    """End what was started of the new generation, and give the old one its queues back. Returns what was left."""
    notes = target.answer(Revert(), tuple)
    for note in notes:
        target.session.note(f"could not be undone: {note}")
    target.perform(EndGuard())
    return notes


def end_guard(target: Target) -> None:
    """Nothing is owed any more."""
    target.perform(EndGuard())


def state_of(run: Run) -> str:
    """The state of things after a failure, for the person who reads it."""
    draft = run.draft
    if draft is None:
        return "\n".join([run.undrafted, *_staying(run)])
    if run.switched:
        return f"{draft.label} serves; what is not finished is named above"
    left = run.not_undone or [f"nothing of {draft.label} goes on running"]
    return "\n".join([f"{_what_serves(run, draft)}; {left[0]}", *left[1:], *_staying(run)])


def _what_serves(run: Run, draft: Draft) -> str:
    """After what was begun was undone, or could not be."""
    live = draft.first.stock.live_number
    if not live:
        return "nothing was live before, and nothing is now"
    if not run.has_stopped_something:
        return f"r{live} serves, untouched"
    if run.not_undone:
        return f"r{live} was stopped and may not serve: inv status shows what runs"
    return f"r{live} serves again, its programs started anew"


def _left_to_the_hosts(run: Run) -> str:
    """The state of things where nobody waited for it."""
    if run.draft is None:
        return run.undrafted
    live = run.draft.first.stock.live_number
    again = " again soon" if run.has_stopped_something else ""
    serving = f"r{live} serves{again}" if live else "nothing was live before"
    return f"{serving}; each host undoes by itself what was begun of {run.draft.label}"


def _host_option(run: Run) -> str:
    """`--host`, as it was typed."""
    _, option, hosts = run.order.command.partition(" --host ")
    return option + hosts


def _staying(run: Run) -> Iterator[str]:
    """What a failure before the switch does not take back."""
    for target in run.fleet.targets:
        if target.tally.converged:
            yield f"what the roles changed on {target.name} stays ({counted(target.tally.converged, 'resource')})"
    if run.migrating:
        yield "migrations that were applied stay applied"


def _conclude(run: Run, failure: Failure | None) -> None:
    """On the hosts whose lock we hold, if they are still there."""
    for target in run.fleet.targets:
        if not target.holds_lock:
            continue
        entry = ledger_entry(run, target, failure).to_line()
        wrote = target.session.begin(AppendLedger(ledger_path(target), entry))
        released = target.session.begin(ReleaseLock())
        try:
            wrote.result()
            released.result()
        except Failure as error:
            text = f"{target.name}: the ledger could not be written: {error.cause}"
            run.fleet.tell(Event(Kind.WARNING, time.time(), target.name, text=text))


def ledger_path(target: Target) -> str:
    """Where the ledger of the target's app lies."""
    return f"{target.settings.app.state_directory}/ledger.jsonl"


def ledger_entry(run: Run, target: Target, failure: Failure | None) -> LedgerEntry:
    """What the ledger of one host is told of a run that ends now."""
    draft = run.draft
    return LedgerEntry(
        at=run.order.at,
        by=run.order.who,
        command=run.order.command,
        release=draft.name if draft else None,
        commit=draft.on(target.name).record.commit if draft else None,
        status="failed" if failure else run.status,
        error=failure.cause if failure else None,
        seconds=round(time.time() - run.began, 1),
    )
