"""The journal: what undoes or finishes a deploy, on disk before the act it tells of.

JSON lines in `<state>/journal`; it is moved to `journal.last` when nothing is owed any more, so a file called `journal`
always means that something is. Its entries hold encoded actions, which a later command can decode and perform.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1


class EntryKind:
    """What an entry tells; the string stands in the file."""

    OPENED = "opened"
    UNDO = "undo"
    SWITCHING = "switching"
    COMMITTED = "committed"
    FINISHED = "finished"


class Journal:
    """Append-only; every entry is on disk before `write` returns."""

    def __init__(self, state_directory: str) -> None:
        self.path = os.path.join(state_directory, "journal")
        self._last = os.path.join(state_directory, "journal.last")
        self._file = open(self.path, "a", encoding="utf-8")  # noqa: SIM115 (open as long as the guard lives)
        self.write(EntryKind.OPENED)

    def write(self, entry: str, **content: Any) -> None:
        """Add one entry."""
        self._file.write(json.dumps({"format": FORMAT, "entry": entry, **content}, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def settle(self) -> None:
        """Nothing is owed any more."""
        self._file.close()
        os.replace(self.path, self._last)


def owed_by(text: str) -> tuple[str, ...]:
    """What a journal says that is still to be done, in a person's words. A last line that was cut off tells nothing."""
    undo: list[str] = []
    finish: list[str] = []
    committed = False
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if entry["entry"] == EntryKind.UNDO:
            undo.append(f"undo by {entry['action']['$'].rpartition(':')[2]}")
        elif entry["entry"] == EntryKind.SWITCHING:
            finish = [name for name, _ in entry["finish"]]
        elif entry["entry"] == EntryKind.COMMITTED:
            committed = True
        elif entry["entry"] == EntryKind.FINISHED:
            finish = [name for name in finish if name != entry["name"]]
    return tuple(finish if committed else reversed(undo))


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
