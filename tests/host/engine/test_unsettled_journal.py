"""What a killed guard owed stays written down: the next guard puts it aside, and says where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backline.agent.events import Kind
from backline.agent.steps.guarded import EndGuard, StartGuard
from backline.agent.steps.take_lock import TakeLock
from tests.host.engine.conftest import Connected

OWED = '{"entry": "opened"}\n{"entry": "undo", "action": "end what was begun"}\n'


@pytest.fixture
def state(local: Connected, tmp_path: Path) -> Path:
    """The folder of an app whose lock this session holds."""
    local.session.perform(TakeLock(str(tmp_path), "somebody", "a test", "now", adopts=True))
    return tmp_path


def start_guard(local: Connected, state: Path) -> list[str]:
    """What was told of it."""
    before = len(local.events)
    local.session.perform(StartGuard(str(state)))
    return [event.text for event in local.events[before:] if event.kind in (Kind.NOTE, Kind.WARNING)]


def entries(path: Path) -> list[str]:
    return [json.loads(line)["entry"] for line in path.read_text().splitlines()]


def test_it_is_put_aside_and_told(local: Connected, state: Path) -> None:
    (state / "journal").write_text(OWED)
    (told,) = start_guard(local, state)
    kept = state / "journal.unsettled-1"
    assert "cut off" in told
    assert str(kept) in told
    assert kept.read_text() == OWED
    assert entries(state / "journal") == ["opened"]
    local.session.perform(EndGuard())
    assert kept.read_text() == OWED


def test_the_next_one_does_not_take_the_place_of_an_earlier(local: Connected, state: Path) -> None:
    """Somebody has looked at the first and removed it; the second is still to be looked at."""
    (state / "journal.unsettled-2").write_text("earlier\n")
    for place in ("journal.unsettled-1", "journal.unsettled-3"):
        (state / "journal").write_text(OWED)
        (told,) = start_guard(local, state)
        assert place in told
        assert (state / place).read_text() == OWED
        local.session.perform(EndGuard())
    assert (state / "journal.unsettled-2").read_text() == "earlier\n"


def test_a_settled_journal_is_nothing_to_tell_of(local: Connected, state: Path) -> None:
    for _ in range(2):
        assert start_guard(local, state) == []
        local.session.perform(EndGuard())
    assert not list(state.glob("journal.unsettled*"))
