"""What the agent tells its guard, one line each; the guard answers when it is done."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.ledger import LedgerEntry
    from backline.resources.resource import Action


class Order:
    """One of those below."""


@dataclass(frozen=True)
class NoteUndo(Order):
    """Write `action` into the journal, as the undo of what comes next."""

    action: Action


@dataclass(frozen=True)
class SwitchOver(Order):
    """Move `links` (path, target) and write `live_text` to `live_path`: all or nothing. The undo is kept, and this too
    is undone, until it is `Committed`; from then on `finish` (name, action) is owed instead."""

    links: tuple[tuple[str, str], ...]
    live_path: str
    live_text: str
    finish: tuple[tuple[str, Action], ...]
    hosts: tuple[str, ...] = ()
    """All that switch in this run, by the inventory's names: whoever repairs asks them."""


@dataclass(frozen=True)
class Committed(Order):
    """Every host of the run has switched over: nothing is undone any more."""


@dataclass(frozen=True)
class SwitchBack(Order):
    """Another host has not switched over: links and live record as they were; the rest is still to be undone."""


@dataclass(frozen=True)
class CrossOff(Order):
    """The step `name` of what is owed was done by the agent."""

    name: str


@dataclass(frozen=True)
class RevertNow(Order):
    """Undo everything that was noted, the switch first."""


@dataclass(frozen=True)
class Farewell(Order):
    """The run ends in order, and writes its entry of the ledger itself."""


@dataclass(frozen=True)
class LastWords:
    """What the ledger at `path` is told of a run that was cut off: `undone` before its switch, else `finished`."""

    path: str
    undone: LedgerEntry
    finished: LedgerEntry
