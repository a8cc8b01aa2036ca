"""Entries of the journal that a full disk cuts off: whole or not there, and never in the way of the next."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.agent.journal import EntryKind, Journal, read_journal

FIRST, SECOND, THIRD = ({"$": f"steps:{name}"} for name in ("First", "Second", "Third"))


@contextmanager
def room_until(size: int) -> Generator[None]:
    """No file of this process grows beyond it: the kernel takes what fits, then refuses, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_an_entry_without_room_is_not_there_and_the_next_one_is(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    journal.write(EntryKind.UNDO, action=FIRST)
    path = tmp_path / "journal"
    before = path.read_bytes()
    with room_until(len(before) + 10), pytest.raises(OSError, match="too large"):
        journal.write(EntryKind.UNDO, action=SECOND)
    assert path.read_bytes() == before
    journal.write(EntryKind.UNDO, action=THIRD)
    assert read_journal(path.read_text()).undo == (THIRD, FIRST)
    journal.settle()
    assert [found.name for found in tmp_path.iterdir()] == ["journal.last"]


def test_a_line_that_was_cut_off_hides_none_after_it() -> None:
    lines = [json.dumps({"entry": "undo", "action": action}) for action in (FIRST, SECOND, THIRD)]
    text = f"{lines[0]}\n{lines[1][:20]}\n{lines[2]}\n"
    assert read_journal(text).undo == (THIRD, FIRST)


def test_a_commit_that_was_cut_off_was_not_decided() -> None:
    switching = {"entry": "switching", "back": SECOND, "finish": [["drain", THIRD]], "live": "{}"}
    lines = [*map(json.dumps, ({"entry": "undo", "action": FIRST}, switching, {"entry": "switched"}))]
    owed = read_journal("\n".join((*lines, '{"entry": "comm', '{"entry": "switched back"}', "")))
    assert (owed.undo, owed.committed, owed.switched) == ((SECOND, FIRST), False, False)


def test_an_entry_ends_where_its_line_ends(tmp_path: Path) -> None:
    """A name may hold what Unicode takes for the end of a line."""
    journal = Journal(str(tmp_path))
    action = {"$": "steps:First", "path": "/srv/a\u2028b\x85c"}
    journal.write(EntryKind.UNDO, action=action)
    assert read_journal((tmp_path / "journal").read_text()).undo == (action,)
    journal.settle()
