"""What becomes of a journal whose guard was killed too: undone, finished, or left to a person."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from backline.agent.journal import Owed, read_journal
from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.undo_switch import UndoSwitch
from backline.deploy.draft import new_release
from backline.deploy.repair import Settlement, settlement, who_else_knows
from backline.deploy.stock import Stock
from backline.resources.codec import encoded
from backline.resources.records import LiveRecord
from tests.unit.stocks import ORDER, a_source, a_stock, after

OLD = LiveRecord(1, ("shop-web-r1",), ("r1",))
NEW = LiveRecord(2, ("shop-web-r2",), ("r2",))
OTHER = LiveRecord(3, ("shop-web-r3",), ("r3",))
END_NEW = DrainPrograms("socket", "folder", ("shop-web-r2",))
END_OLD = DrainPrograms("socket", "folder", ("shop-web-r1",))
BACK = UndoSwitch((("current", "releases/1"),), "live.json", OLD.to_json())

BEGUN = ({"entry": "opened"}, {"entry": "undo", "action": encoded(END_NEW)})
SWITCHING = {
    "entry": "switching",
    "back": encoded(BACK),
    "live": NEW.to_json(),
    "finish": [["drain", encoded(END_OLD)], ["prune", encoded(END_OLD)]],
    "hosts": ["web1", "web2", "web3"],
}
SWITCHED = {"entry": "switched"}
COMMITTED = {"entry": "committed"}


def journal(*entries: object) -> Owed:
    return read_journal("".join(f"{json.dumps(entry)}\n" for entry in (*BEGUN, *entries)))


def host(name: str, live: LiveRecord | None) -> Stock:
    stock = after(new_release(ORDER, a_source(), [a_stock()]))
    return replace(stock, name=name, state=replace(stock.state, live=live, journal=True))


def settled(owed: Owed, live: LiveRecord | None = OLD, **others: LiveRecord) -> Settlement:
    every = [host("web1", live), *(host(name, record) for name, record in others.items())]
    return settlement(every[0], {"web1": owed}, every)


def test_what_was_begun_is_undone() -> None:
    assert settled(journal()) == Settlement((END_NEW,))


@pytest.mark.parametrize("live", [OLD, NEW])
def test_a_switch_that_was_begun_goes_back_first(live: LiveRecord) -> None:
    """Links were moved, some of them; the record perhaps."""
    assert settled(journal(SWITCHING), live) == Settlement((BACK, END_NEW))


def test_a_switch_that_nobody_committed_goes_back() -> None:
    assert settled(journal(SWITCHING, SWITCHED), NEW, web2=OLD) == Settlement((BACK, END_NEW))


def test_a_switch_that_another_host_has_committed_goes_forward() -> None:
    owed = journal(SWITCHING, SWITCHED)
    assert settled(owed, NEW, web2=NEW) == Settlement((END_OLD, END_OLD), is_undone=False)


def test_a_host_in_doubt_decides_for_no_other() -> None:
    owed = journal(SWITCHING, SWITCHED)
    every = [host("web1", NEW), host("web2", NEW)]
    for stock in every:
        assert settlement(stock, {"web1": owed, "web2": owed}, every) == Settlement((BACK, END_NEW))


@pytest.mark.parametrize(
    ("entries", "others", "web2", "asked"),
    [
        ((SWITCHING, SWITCHED), {"web3"}, OLD, ("web3",)),
        ((SWITCHING, SWITCHED), set(), OLD, ()),  # the inventory has it no more
        ((SWITCHING, SWITCHED), {"web3"}, NEW, ()),  # web2 has committed: that is enough
        ((SWITCHING,), {"web3"}, OLD, ()),  # nobody commits before this one has switched
        ((SWITCHING, SWITCHED, COMMITTED), {"web3"}, OLD, ()),
    ],
)
def test_who_else_knows_what_became_of_a_switch(
    entries: tuple[object, ...], others: set[str], web2: LiveRecord, asked: tuple[str, ...]
) -> None:
    owed = journal(*entries)
    assert owed.hosts == ("web1", "web2", "web3")
    assert who_else_knows(owed, settled(owed, NEW, web2=web2), others) == asked


def test_what_was_taken_back_already_is_undone_as_if_it_were_not() -> None:
    assert settled(journal(SWITCHING, SWITCHED, {"entry": "switched back"})) == Settlement((BACK, END_NEW))


def test_after_the_commit_what_is_left_is_finished() -> None:
    owed = journal(SWITCHING, SWITCHED, COMMITTED, {"entry": "finished", "name": "drain"})
    assert settled(owed, NEW) == Settlement((END_OLD,), is_undone=False)


def test_nothing_is_ended_that_serves() -> None:
    assert settled(journal(), NEW).objection == "shop-web-r2 would be ended, and serves"


@pytest.mark.parametrize("owed", [journal(SWITCHING, SWITCHED), journal(SWITCHING, SWITCHED, COMMITTED)])
def test_what_became_live_since_is_left_alone(owed: Owed) -> None:
    assert settled(owed, OTHER).objection == "since then something else has become live"


def test_what_nobody_knows_is_not_done() -> None:
    unknown = {"entry": "undo", "action": {"$": "backline.agent.steps.of_tomorrow:Invented"}}
    assert "does not know" in settled(journal(unknown)).objection
