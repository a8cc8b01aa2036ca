"""The journal: what undoes or finishes a deploy, on disk before the act it tells of.

JSON lines in `<state>/journal`; it is moved to `journal.last` when nothing is owed any more, so a file called `journal`
always means that something is. Its entries hold encoded actions, which a later command can decode and perform.
"""

from __future__ import annotations

import json
import os

from backline.agent.append_line import append_line
from backline.resources.dataclass import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1


class EntryKind:
    """What an entry tells; the string stands in the file."""

    OPENED = "opened"
    UNDO = "undo"
    SWITCHING = "switching"
    SWITCHED = "switched"
    SWITCHED_BACK = "switched back"
    COMMITTED = "committed"
    FINISHED = "finished"


class Journal:
    """Append-only; every entry is on disk before `write` returns, whole or not at all."""

    def __init__(self, state_directory: str) -> None:
        self.path = os.path.join(state_directory, "journal")
        self._last = os.path.join(state_directory, "journal.last")
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, 0o666)  # open as long as the guard lives
        self.write(EntryKind.OPENED)

    def write(self, entry: str, **content: Any) -> None:
        """Add one entry. Raises OSError where there is no room for it; then nothing of it is there."""
        append_line(self._descriptor, json.dumps({"format": FORMAT, "entry": entry, **content}, ensure_ascii=False))

    def settle(self) -> None:
        """Nothing is owed any more."""
        os.close(self._descriptor)
        os.replace(self.path, self._last)


@dataclass(frozen=True)
class Owed:
    """What a journal says that is still to be done. Actions are in their encoded form: who reads a journal need not
    know what they name."""

    undo: tuple[dict[str, Any], ...] = ()
    """The last first, and before them what takes the switch back, where it was begun and is not committed."""
    finish: tuple[tuple[str, dict[str, Any]], ...] = ()
    """By name, in order: what the switch would owe, or, once it is committed, does owe."""
    live: str = ""
    """What the live record says after the switch; empty where none was begun."""
    switched: bool = False
    """This host has switched over; whether the others had was not told here."""
    committed: bool = False
    hosts: tuple[str, ...] = ()
    """All that were to switch in that run, by the inventory's names; none in the journal of an earlier Backline."""


def read_journal(text: str) -> Owed:
    """A line that was cut off tells nothing, and hides nothing that comes after it.

    Whoever wrote it was told that it could not be, so what it tells of was not begun (to undo, to switch), not decided
    (to commit), or is seen on the host all the same (what the live record says, what was finished already)."""
    owed = Owed()
    for line in text.split("\n"):  # and at nothing else: a path may hold what Unicode too calls the end of a line
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        owed = _after(owed, entry)
    return owed


def _after(owed: Owed, entry: dict[str, Any]) -> Owed:
    kind = entry["entry"]
    if kind == EntryKind.UNDO:
        return replace(owed, undo=(entry["action"], *owed.undo))
    if kind == EntryKind.SWITCHING:
        finish = tuple((name, action) for name, action in entry["finish"])
        back = (entry["back"],) if "back" in entry else ()  # an earlier Backline had no way back
        hosts = tuple(entry.get("hosts", ()))
        return replace(owed, undo=(*back, *owed.undo), finish=finish, live=entry.get("live", ""), hosts=hosts)
    if kind == EntryKind.SWITCHED:
        return replace(owed, switched=True)
    if kind == EntryKind.SWITCHED_BACK:
        return replace(owed, switched=False)
    if kind == EntryKind.COMMITTED:
        return replace(owed, undo=(), switched=True, committed=True)
    if kind == EntryKind.FINISHED:
        return replace(owed, finish=tuple(one for one in owed.finish if one[0] != entry["name"]))
    return owed


def owed_by(text: str) -> tuple[str, ...]:
    """What a journal says that is still to be done, in a person's words."""
    owed = read_journal(text)
    if owed.committed:
        return tuple(name for name, _ in owed.finish)
    return tuple(f"undo by {form['$'].rpartition(':')[2]}" for form in owed.undo)


def keep_unsettled(state_directory: str) -> str:
    """Put a journal aside that a killed guard has left; what it says must not be lost among our entries.

    Returns where it is now, empty where there was none."""
    path = os.path.join(state_directory, "journal")
    if not os.path.exists(path):
        return ""
    number = 1
    while os.path.exists(f"{path}.unsettled-{number}"):  # one that was kept before is not lost either
        number += 1
    kept = f"{path}.unsettled-{number}"
    os.replace(path, kept)
    return kept


def settle(state_directory: str) -> None:
    """What a journal owed was done by somebody else than its guard."""
    path = os.path.join(state_directory, "journal")
    os.replace(path, f"{path}.last")
