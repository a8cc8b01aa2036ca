"""Removes an app from its hosts: what runs is ended, then what it left is taken away, its records and lock last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backline.agent.steps.find_traces import FindTraces, Traces
from backline.agent.steps.forget_app import ForgetApp
from backline.agent.steps.standing import Standing
from backline.deploy.beginning import lock_all
from backline.deploy.concluding import ledger_entry
from backline.deploy.guarding import Run, recorded
from backline.deploy.order import Order
from backline.deploy.outcome import Outcome
from backline.deploy.removal import Removal, removal
from backline.fleet.fleet import Fleet
from backline.fleet.target import Target
from backline.resources.absent import Absent
from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure, Interrupted, LockHeld, Partial
from backline.resources.plan import Entry, Plan
from backline.settings.own_places import apps_directory, own_directory
from backline.settings.settings import HostSettings

REMOVED = "removed"
ABSENT = "absent"
SHOWN = 5
WAIT = "wait until that run has ended, then try again"


@dataclass(frozen=True)
class Wish:
    """How an app is to be removed. `others` are, by host, the settings of an app of another name: what both would be
    given is shared. `patience` is how many seconds every program has to end; None: its own."""

    others: Mapping[str, HostSettings]
    patience: int | None = None


@dataclass(frozen=True)
class Found:
    """What there is on one host to be removed; `standing` is a line for each thing."""

    target: Target
    removal: Removal
    standing: tuple[str, ...]


def find_app(target: Target, order: Order, wish: Wish) -> Found:
    """Look at what would go, without a lock. Raises LockHeld where somebody is at work."""
    traces = _traces(target)
    if traces.lock:
        lock = traces.lock
        step = f", at: {lock.step}" if lock.step else ""
        raise LockHeld(f"{lock.who} is at work: {lock.what}, since {lock.since}{step}", hint=WAIT)
    planned = _removal(target, order, wish, traces)
    return Found(target, planned, _standing(target, planned))


def count_what_goes(found: Found) -> None:
    """What a check would change is what there is."""
    found.target.tally.changed += len(found.standing)


def tell_what_goes(found: Found) -> None:
    """A line for each thing, and what stays because of others."""
    tell = found.target.session.note
    for line in found.standing:
        tell(f"goes: {line}")
    if found.standing and found.removal.neighbours:
        shared = own_directory(found.target.settings.app)
        tell(f"stays: {shared}, which is shared with {', '.join(found.removal.neighbours)}")


def remove(fleet: Fleet, targets: Sequence[Target], order: Order, wish: Wish) -> Outcome:
    """Remove the app from these hosts of the fleet. Raises Partial with what is left where that cannot be done."""
    with recorded(fleet, order) as run:
        lock_all(run, targets)  # so that nobody deploys what is being removed
        run.undrafted = "what was told to end ends; what is left goes by the same command"
        try:
            fleet.on(targets, end_programs, order, wish)
            fleet.on(targets, remove_files, order, wish)
            run.status = REMOVED
            fleet.on(targets, forget_app, run)
        except Failure as failure:
            raise _told(fleet, targets, order, wish, failure) from failure
    return Outcome(REMOVED)


def end_programs(target: Target, order: Order, wish: Wish) -> None:
    """Tell all programs to finish, wait for them, and have Supervisor forget them."""
    planned = _removal(target, order, wish, _traces(target))
    for entry in planned.programs:
        target.apply(Plan((entry,)))


def remove_files(target: Target, order: Order, wish: Wish) -> None:
    """What the roles and the releases left; where no other app is there, what apps share too."""
    applied = target.apply(_removal(target, order, wish, _traces(target)).files)
    target.session.remark(f"{applied.changed} removed")


def forget_app(target: Target, run: Run) -> None:
    """The records, the ledger among them, and the lock; the ledger's last entry is told instead."""
    app = target.settings.app
    entry = ledger_entry(run, target, None)
    left = target.answer(ForgetApp(app.root, app.state_directory), tuple)
    target.lock = None  # it is gone, and so is the ledger that would be written to
    if left:
        names = ", ".join(str(name) for name in left)
        target.session.note(f"stays: {app.root}, since it holds what is not Backline's: {names}")
    target.session.note(f"the ledger went too; its last entry: {entry.at} {entry.by}: {entry.command}: {entry.told}")


def _told(fleet: Fleet, targets: Sequence[Target], order: Order, wish: Wish, failure: Failure) -> Failure:
    """The failure with what is left on every host, and how it is finished."""
    fleet.go_on()
    state = "\n".join(_left_on(target, order, wish) for target in targets)
    again = f"what is left goes by the same command:\n{order.command}"
    if isinstance(failure, Interrupted):
        failure.state, failure.hint = state, again
        return failure
    return Partial(
        failure.cause,
        lines=failure.lines,
        hint="\n".join(filter(None, (failure.hint, again))),
        state=state,
        host=failure.host,
        step=failure.step,
    )


def _left_on(target: Target, order: Order, wish: Wish) -> str:
    try:
        left = _standing(target, _removal(target, order, wish, _traces(target)))
    except Failure as failure:
        return f"what is left on {target.name} is not known: {failure.cause}"
    more = f"; and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    return f"left on {target.name}: {'; '.join(left[:SHOWN]) or 'nothing'}{more}"


def _traces(target: Target) -> Traces:
    settings = target.settings
    action = FindTraces(
        state_directory=settings.app.state_directory,
        apps_directory=apps_directory(settings.app),
        app_name=settings.app.name,
        supervisor_socket=settings.supervisor.socket,
        include_directory=settings.supervisor.include_directory,
    )
    return target.answer(action, Traces)


def _removal(target: Target, order: Order, wish: Wish, traces: Traces) -> Removal:
    return removal(target.settings, wish.others[target.name], order.roles, traces, wish.patience)


def _standing(target: Target, planned: Removal) -> tuple[str, ...]:
    records = Entry(Absent(target.settings.app.state_directory))
    plan = Plan((*planned.programs, *planned.files, records))
    return tuple(str(line) for line in target.answer(Standing(plan), tuple))
