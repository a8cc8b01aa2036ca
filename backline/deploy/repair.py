"""What a run has left that was cut off together with its guard, as when the power goes: undone or finished now.

The journal that the guard left says what. Whether a switch that was not committed goes back or forward is read from the
other hosts: had one of them committed it, all had switched over.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence

from backline.agent.events import Event, Kind, Outcome
from backline.agent.journal import Owed, read_journal
from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.read_text import ReadText
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.settle_journal import SettleJournal
from backline.agent.steps.undo_switch import UndoSwitch
from backline.deploy.guarding import Run
from backline.deploy.prepare import look
from backline.deploy.stock import Stock
from backline.deploy.strays import end_strays
from backline.fleet.target import Target
from backline.resources.codec import decoded
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError, Failure, Partial, Unreachable
from backline.resources.records import LiveRecord
from backline.resources.resource import Action


@dataclass(frozen=True)
class Settlement:
    """How one host's journal is to be settled: what is done, in order; and why it is not, where that is not safe."""

    acts: tuple[Action, ...] = ()
    is_undone: bool = True
    """Else it is finished."""
    objection: str = ""


def repaired(run: Run, stocks: Sequence[Stock]) -> tuple[Stock, ...]:
    """The hosts as they are when what was left is settled; where nothing was, as they were."""
    names = [stock.name for stock in stocks if stock.state.journal]
    targets = [target for target in run.fleet.targets if target.name in names and not _is_asked_in_vain(target, stocks)]
    if not targets:
        return tuple(stocks)
    texts = dict(zip((target.name for target in targets), run.fleet.on(targets, read_what_is_owed), strict=True))
    owed = {name: read_journal(text) for name, text in texts.items()}
    by_name = {stock.name: stock for stock in stocks}
    settlements = {name: settlement(by_name[name], owed, stocks) for name in owed}
    for name, wanted in settlements.items():
        _require_all_who_know(name, who_else_knows(owed[name], wanted, run.order.others), list(by_name))
    run.fleet.on(targets, repair, settlements, f"inv deploy{run.host_option}")
    by_name.update({stock.name: stock for stock in run.fleet.on(targets, look_again)})
    return tuple(by_name[stock.name] for stock in stocks)


def read_what_is_owed(target: Target) -> str:
    """The text of the journal."""
    return target.answer(ReadText(f"{target.settings.app.state_directory}/journal"), str)


def repair(target: Target, settlements: Mapping[str, Settlement], again: str) -> None:
    """Undo or finish what a run has left that was cut off together with its guard; `again` is typed where it can't."""
    wanted, state = settlements[target.name], target.settings.app.state_directory
    if wanted.objection:
        _warn(target, f"an earlier run was cut off, and what it owes is left to a person: {wanted.objection}", state)
        return
    wrong = [reason for act in wanted.acts for reason in _tried(target, act, again)]
    for reason in wrong:
        _warn(target, f"an earlier run was cut off, and this of what it owes could not be done: {reason}", state)
    if not wrong:
        target.perform(SettleJournal(state))
        how = "undone" if wanted.is_undone else "finished"
        target.session.note(f"an earlier run was cut off together with its guard; what it had begun is {how} now")


def look_again(target: Target) -> Stock:
    """The state after the repair."""
    stock = look(target)
    end_strays(target, stock)
    return stock


def settlement(stock: Stock, owed: Mapping[str, Owed], every: Sequence[Stock]) -> Settlement:
    """What becomes of one host; `owed` is what the journals say of those that have one."""
    own = owed[stock.name]
    try:
        undo = tuple(_action(form) for form in own.undo)
        finish = tuple(_action(form) for _, form in own.finish)
        after = LiveRecord.from_json(own.live) if own.live else None
    except (Failure, ImportError, AttributeError, TypeError, KeyError, ValueError) as error:
        return Settlement(objection=f"its journal names what this Backline does not know ({error})")
    if own.committed or (own.switched and _is_committed_elsewhere(stock, after, undo, owed, every)):
        return Settlement(finish, is_undone=False, objection=_objection_to_finish(stock, after))
    return Settlement(undo, objection=_objection_to_undo(stock, after, undo))


def who_else_knows(owed: Owed, wanted: Settlement, others: Collection[str]) -> tuple[str, ...]:
    """The hosts among `others`, which this run is not for, that may have committed what would be taken back here."""
    in_doubt = owed.switched and not owed.committed and wanted.is_undone
    return tuple(name for name in owed.hosts if name in others) if in_doubt else ()


def _require_all_who_know(name: str, absent: tuple[str, ...], named: Sequence[str]) -> None:
    if absent:
        raise ConfigurationError(
            f"a run was cut off in the switch of {name}; whether that goes back depends on "
            f"{', '.join(absent)}, which this run is not for",
            hint=f"all of them at once:  inv deploy --host {','.join((*named, *absent))}",
            host=name,
        )


def _objection_to_finish(stock: Stock, after: LiveRecord | None) -> str:
    if after is None or stock.state.live != after:
        return "since then something else has become live"
    return ""


def _objection_to_undo(stock: Stock, after: LiveRecord | None, undo: Sequence[Action]) -> str:
    """What would end must not be what serves when it is undone."""
    back = _way_back(undo)
    before = LiveRecord.from_json(back.live_text) if back is not None and back.live_text else None
    if back is not None and stock.state.live not in (before, after):
        return "since then something else has become live"
    serving = before if back is not None else stock.state.live
    lost = sorted(set(_ended_by(undo)) & set(serving.programs if serving else ()))
    return f"{', '.join(lost)} would be ended, and serves" if lost else ""


def _is_committed_elsewhere(
    stock: Stock, after: LiveRecord | None, undo: Sequence[Action], owed: Mapping[str, Owed], every: Sequence[Stock]
) -> bool:
    """Whether the same generation is live on a host that is not itself in doubt."""
    back = _way_back(undo)
    before = LiveRecord.from_json(back.live_text).generations if back is not None and back.live_text else ()
    new = set(after.generations if after else ()) - set(before)
    certain = (other for other in every if other.name != stock.name and _is_certain(owed.get(other.name)))
    return any(new & set(other.state.live.generations) for other in certain if other.state.live)


def _is_certain(owed: Owed | None) -> bool:
    return owed is None or owed.committed


def _way_back(undo: Sequence[Action]) -> UndoSwitch | None:
    return next((act for act in undo if isinstance(act, UndoSwitch)), None)


def _ended_by(undo: Sequence[Action]) -> Iterator[str]:
    for act in undo:
        if isinstance(act, (RemovePrograms, DrainPrograms)):
            yield from act.names


def _action(form: Mapping[str, object]) -> Action:
    found = decoded(form)
    if not isinstance(found, Action):
        raise TypeError(f"{type(found).__name__} is not an action")
    return found


def _tried(target: Target, act: Action, again: str) -> Collection[str]:
    """Why it could not be done; what comes after it is done all the same, but for the way back: as long as that cannot
    be gone, what comes after it would end what serves. Raises Partial then."""
    try:
        target.perform(act)
    except Unreachable:
        raise
    except Failure as failure:
        if isinstance(act, UndoSwitch):
            target.note_serving(None)
            raise _not_taken_back(failure, target, again) from failure
        return (f"{type(act).__name__}: {failure.cause}",)
    return ()


def _not_taken_back(failure: Failure, target: Target, again: str) -> Partial:
    state = target.settings.app.state_directory
    return Partial(
        f"the switch of an earlier run, which was cut off, cannot be taken back: {failure.cause}",
        lines=failure.lines,
        hint=f"{failure.hint or 'move away what is in the way there'}\nthen:  {again}",
        state=f"both generations go on running there, and what is owed stands in {state}/journal",
    )


def _is_asked_in_vain(target: Target, stocks: Sequence[Stock]) -> bool:
    """In check mode the journal may be that of a run that is at work."""
    held = any(stock.name == target.name and stock.state.lock for stock in stocks)
    return held and target.session.outcome == Outcome.ASKED


def _warn(target: Target, text: str, state: str) -> None:
    line = f"{text}; it stands in {state}/journal, and the next deploy keeps it as journal.unsettled-1 or -2 …"
    target.session.tell(Event(Kind.WARNING, time.time(), text=line))
