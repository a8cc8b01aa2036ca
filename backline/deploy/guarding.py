"""What surrounds a run: the lock and the ledger, the guard before the switch, and the promise to finish after it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from backline.agent.events import Event, Kind
from backline.deploy.concluding import conclude, ledger_entry, ledger_path
from backline.deploy.left_to_hosts import IN_DOUBT, ended_at_once, faulted
from backline.deploy.order import Order
from backline.deploy.stopping import Stopping
from backline.fleet.fleet import Fleet
from backline.fleet.target import Target
from backline.resources.dataclass import dataclass, field, replace
from backline.resources.failure import Failure, Interrupted, LockHeld, Partial, Unreachable
from backline.resources.words import counted

if TYPE_CHECKING:
    from backline.deploy.draft import Draft

# Where a run comes to a guard, its steps are imported: one that only makes roles so never does.
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
    switching: bool = False
    """A host may have switched over."""
    switched: bool = False
    """All of them have: from here nothing is undone."""
    not_undone: list[str] = field(default_factory=list)
    """What is still there of the new generation, as far as we know."""
    finishing: set[str] = field(default_factory=set)
    """New workers that were told to end, and were still at their tasks when last seen."""
    stuck: list[str] = field(default_factory=list)
    """The hosts whose switch could not be taken back: both generations run there."""
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

    @property
    def host_option(self) -> str:
        """`--host`, as it was typed."""
        _, option, hosts = self.order.command.partition(" --host ")
        return option + hosts

    def commit(self, switch: Callable[[Target, Draft], None], draft: Draft) -> None:
        """The switch, on all hosts or on none, in waves; Ctrl-C does not stop it, and then nothing is undone any more.

        One that fails is raised while the others can still be taken back. A host that is alone commits with its switch.
        """
        self.fleet.require_going(switch)
        self.switching = True
        hosts = self.fleet.taking_part
        size = self.order.batch or len(hosts)
        try:
            for first in range(0, len(hosts), size):
                self.fleet.surely_on(hosts[first : first + size], switch, draft)
        except Unreachable as lost:
            if not draft.is_alone:  # not committed, so its guard takes it back
                raise
            raise Partial(
                "the connection was lost during the switch",
                lines=(lost.cause, *lost.lines),
                hint=f"which release serves:  inv status --host {lost.host}",
                state=IN_DOUBT,
                host=lost.host,
                step=lost.step,
            ) from lost
        self.stopping.finish()
        self.switched = draft.is_alone
        if not draft.is_alone:
            self._commit_everywhere(draft)

    def _commit_everywhere(self, draft: Draft) -> None:
        """First where beat goes away from: a host that is lost in this starts its beat again, and then nobody else must
        have been told."""
        told_first = [target for target in self.fleet.taking_part if target.name in draft.beat_leaves]
        others = [target for target in self.fleet.taking_part if target not in told_first]
        for hosts in filter(None, (told_first, others)):
            self.switched = hosts is others
            try:
                self.fleet.surely_on(hosts, commit, draft)
            except Failure as failure:
                raise self._partly_committed(failure, draft) from failure
        self.switched = True

    def _partly_committed(self, failure: Failure, draft: Draft) -> Partial:
        lost = [target.name for target in self.fleet.taking_part if target.tally.serves is None]
        before = draft.on(lost[0]).stock.live_name if lost else ""
        others = f"go on with {draft.label}" if self.switched else "go back: beat was to leave first where it was"
        return Partial(
            "not every host was told that all have switched",
            lines=(failure.cause, *failure.lines),
            hint=f"which it is:        inv status --host {','.join(lost)}\n"
            f"one for all again:  inv deploy{self.host_option}",
            state=f"no answer to that from {', '.join(lost)}: {draft.label} goes on there if it was heard; else the "
            f"host's own guard takes it back{f' to {before}' if before else ''}\nthe others {others}",
            host=failure.host,
            step=failure.step,
        )


@contextmanager
def recorded(fleet: Fleet, order: Order) -> Iterator[Run]:
    """Whatever happens, what was done stands in the ledger, and the lock is let go. A second Ctrl-C ends it at once."""
    run = Run(fleet, order)
    with run.stopping:
        try:
            with _concluded(run):
                yield run
        except KeyboardInterrupt:
            raise ended_at_once(run) from None


@contextmanager
def _concluded(run: Run) -> Iterator[None]:
    """The last words of a run that has the time for them."""
    failure: Failure | None = None
    try:
        yield
    except Failure as error:
        failure = error
        failure.step = failure.step or DRAFTING
        failure.state = "\n".join(filter(None, (failure.state or state_of(run), *_host_by_host(run, failure))))
        if isinstance(failure, Interrupted):
            failure.hint = failure.hint or f"{run.order.command}   (when you want it after all)"
        raise
    except Exception as error:
        failure = faulted(run, error)
        raise failure from error
    finally:
        if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            run.fleet.go_on()
            conclude(run, failure)


@contextmanager
def guarded(run: Run, draft: Draft) -> Iterator[None]:
    """From here each host can undo by itself, until it has switched. A failure undoes what was begun."""
    try:
        run.fleet.each(start_guard, run)
        yield
    except Failure as failure:
        if not run.switched:
            _take_back(run, draft)
        if run.stuck:
            raise _stuck(run, failure) from failure
        raise


def _stuck(run: Run, failure: Failure) -> Partial:
    return Partial(
        f"{failure.cause}; and the switch could not be taken back on {', '.join(run.stuck)}",
        lines=failure.lines,
        hint=f"mend what is in the way there\nthen:  inv deploy{run.host_option}",
        host=failure.host,
        step=failure.step,
    )


def _take_back(run: Run, draft: Draft) -> None:
    """Undo on every host. Where several may have switched, all of them go back before any old worker is given its
    queues again: a new web that still serves might send them what they do not know."""
    run.fleet.go_on()
    if run.switching and not draft.is_alone:
        run.fleet.surely(take_switch_back, run, draft)
    run.fleet.surely(undo, run, draft)


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
    from backline.agent.guard_orders import LastWords
    from backline.agent.steps.guarded import StartGuard

    entry = ledger_entry(run, target, None)
    words = LastWords(
        path=ledger_path(target),
        undone=replace(entry, error="the run was cut off; the host's guard has undone what was begun"),
        finished=replace(entry, status=DEPLOYED, error="the run was cut off; the host's guard has finished it"),
    )
    target.perform(StartGuard(target.settings.app.state_directory, words))


def commit(target: Target, draft: Draft) -> None:
    """Every host has switched over: tell it the guard."""
    from backline.agent.steps.guarded import Commit

    target.note_serving(None)  # as long as we do not know that it was told
    target.perform(Commit())
    target.note_serving(draft.label)


def take_switch_back(target: Target, run: Run, draft: Draft) -> None:
    """Links and live record as they were, where they were moved."""
    from backline.agent.steps.guarded import TakeSwitchBack

    with _leaving_it_to_the_guard(target, run, draft):
        target.answer(TakeSwitchBack(), tuple)  # what stands in the way is told when it is tried again
        target.note_serving(draft.on(target.name).stock.live_name)


def undo(target: Target, run: Run, draft: Draft) -> None:
    """End what was started of the new generation, and give the old one its queues back. Where the switch cannot be
    taken back both go on running."""
    from backline.agent.steps.guarded import EndGuard, Revert, TakeSwitchBack
    from backline.deploy.overlap import still_finishing

    with _leaving_it_to_the_guard(target, run, draft):
        in_the_way = target.answer(TakeSwitchBack(), tuple)
        if in_the_way:
            run.stuck.append(target.name)
        for note in in_the_way or target.answer(Revert(), tuple):
            target.session.note(f"could not be undone: {note}")
            run.not_undone.append(f"on {target.name} could not be undone: {note}")
        if not in_the_way:
            run.finishing |= still_finishing(target, draft)
        target.perform(EndGuard())
        target.note_serving(None if in_the_way else draft.on(target.name).stock.live_name)


@contextmanager
def _leaving_it_to_the_guard(target: Target, run: Run, draft: Draft) -> Iterator[None]:
    """A host that cannot be asked any more has its guard."""
    try:
        yield
    except Failure as error:
        besides = ", or finishes it, where it was told so before"
        if target.tally.serves is not None:  # else it was told to commit, and may have heard it
            target.note_serving(draft.on(target.name).stock.live_name)
            besides = ""
        line = f"the guard on {target.name} undoes what was begun of {draft.label}{besides}"
        if line in run.not_undone:
            return
        run.not_undone.append(line)
        text = f"it cannot be told to undo what was begun ({error.cause}); its guard does that by itself{besides}"
        run.fleet.tell(Event(Kind.WARNING, time.time(), target.name, text=text))


def end_guard(target: Target) -> None:
    """Nothing is owed any more."""
    from backline.agent.steps.guarded import EndGuard

    target.perform(EndGuard())


def state_of(run: Run) -> str:
    """The state of things after a failure, for the person who reads it."""
    draft = run.draft
    if draft is None:
        return "\n".join([run.undrafted, *_staying(run)])
    if run.switched:
        return f"{draft.label} serves; what is not finished is named above"
    left = run.not_undone or [_what_goes_on(run, draft)]
    return "\n".join([f"{_what_serves(run, draft)}; {left[0]}", *left[1:], *_staying(run)])


def _what_goes_on(run: Run, draft: Draft) -> str:
    """Of a new generation that was undone."""
    if not run.finishing:
        return f"nothing of {draft.label} goes on running"
    return f"of {draft.label} workers end when their tasks are done: {', '.join(sorted(run.finishing))}"


def _host_by_host(run: Run, failure: Failure) -> Iterator[str]:
    """Of several hosts, what serves each as far as we know, and what else has failed than what names the run."""
    if len(run.fleet.taking_part) < 2 or isinstance(failure, LockHeld):
        return
    hosts_of: dict[str, list[str]] = {}
    for target in run.fleet.taking_part:
        serves = target.tally.serves
        word = "nothing serves" if serves == "" else f"{serves} serves" if serves else "what serves is not known"
        hosts_of.setdefault(word, []).append(target.name)
    yield from (f"{', '.join(hosts)}: {word}" for word, hosts in hosts_of.items())
    for target in run.fleet.targets:
        other = target.tally.failure
        if other is not None and other is not failure and target.name != failure.host:
            yield f"{target.name} failed too, at {other.step}: {other.cause}"


def _what_serves(run: Run, draft: Draft) -> str:
    """After what was begun was undone, or could not be."""
    live = draft.first.stock.live_number
    if run.stuck:
        return f"what serves on {', '.join(run.stuck)} is not known; the next run takes it back before anything else"
    if not live:
        return "nothing was live before, and nothing is now"
    if not run.has_stopped_something:
        return f"r{live} serves, untouched"
    if run.not_undone:
        return f"r{live} was stopped and may not serve: inv status shows what runs"
    return f"r{live} serves again, its programs started anew"


def _staying(run: Run) -> Iterator[str]:
    """What a failure before the switch does not take back."""
    changed = [target for target in run.fleet.targets if target.tally.converged]
    if len(changed) == 1:
        yield f"what the roles changed on {changed[0].name} stays ({counted(changed[0].tally.converged, 'resource')})"
    elif changed:  # on one line: of many hosts nobody could read one each
        counts = ", ".join(f"{target.tally.converged} on {target.name}" for target in changed)
        yield f"what the roles changed stays (resources: {counts})"
    if run.migrating:
        yield "migrations that were applied stay applied"
