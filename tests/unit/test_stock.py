"""What can be read from a host as it was found: where a rollback goes, and records that cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backline.deploy.draft import earlier_release, new_release
from backline.deploy.stock import Stock
from backline.resources.failure import ConfigurationError, Failure
from tests.unit.stocks import LOCK, ORDER, a_source, a_stock, after, pruned


def deployed(stock: Stock) -> Stock:
    tree = f"tree {stock.state.highest + 1}"
    return after(new_release(ORDER, a_source(tree), (stock,)))


def rolled_back(stock: Stock, wanted: int = 0) -> Stock:
    return after(earlier_release(ORDER, (stock,), wanted or stock.earlier_live(), LOCK))


def three_releases() -> Stock:
    return deployed(deployed(deployed(a_stock())))


def test_two_rollbacks_go_two_releases_back() -> None:
    once = rolled_back(three_releases())
    twice = rolled_back(once)
    assert (once.require_live().origin, twice.require_live().origin) == (2, 1)
    with pytest.raises(ConfigurationError, match="nothing to roll back to before r1"):
        twice.earlier_live()


def test_new_release_after_a_rollback_goes_back_to_what_was_live_before_it() -> None:
    stock = deployed(rolled_back(three_releases()))  # r5, after r4 = r2
    assert stock.earlier_live() == 2
    assert pruned(stock, 2).earlier_live() == 4


def test_what_never_was_live_is_no_place_to_go_back_to() -> None:
    stock = three_releases()
    failed = replace(stock, state=replace(stock.state, good=(1, 3)))
    assert failed.earlier_live() == 1
    with pytest.raises(ConfigurationError, match="r2 was never live; to go back to there are: r1, r3"):
        failed.once_live(2)


def test_release_that_is_gone_is_skipped_and_refused_by_name() -> None:
    stock = pruned(three_releases(), 2)
    assert stock.earlier_live() == 1
    with pytest.raises(ConfigurationError, match="r2 is not on the host; to go back to there are: r1, r3"):
        stock.once_live(2)


def test_host_without_a_live_release_says_how_to_get_one() -> None:
    with pytest.raises(ConfigurationError, match="no release is live here yet") as raised:
        a_stock().earlier_live()
    assert raised.value.hint == "the first one:  inv deploy --host web1"


@given(some.lists(some.sampled_from(["deploy", "rollback", "prune"]), max_size=12))
def test_rollbacks_only_ever_go_further_back(acts: list[str]) -> None:
    """Until the next deploy, each rollback goes to an origin that was live before the last one's."""
    stock = deployed(a_stock())
    for act in acts:
        if act == "deploy":
            stock = deployed(stock)
        elif act == "prune":
            kept = {*stock.state.good[-3:], stock.live_number}
            stock = pruned(stock, *(number for number in stock.state.numbers if number not in kept))
        else:
            stock = _rolled_back_if_possible(stock)


def _rolled_back_if_possible(stock: Stock) -> Stock:
    before = stock.require_live().origin
    try:
        wanted = stock.earlier_live()
    except ConfigurationError:
        return stock
    stock.once_live(wanted)
    now = rolled_back(stock)
    assert now.require_live().origin < before
    return now


def spoilt(text: str, how: str) -> str:
    record = json.loads(text)
    if how == "unknown class":
        record["processes"]["items"][0]["$"] = "backline.resources.process:Daemon"
    elif how == "unknown module":
        record["processes"]["items"][0]["$"] = "backline.resources.nothing:Process"
    elif how == "foreign class":
        record["processes"]["items"][0]["$"] = "os:system"
    elif how == "fields missing":
        del record["processes"]["items"][0]["program"]
    elif how == "no processes":
        del record["processes"]
    else:
        record["processes"] = {"$": "tuple", "items": ["web"]}
    return json.dumps(record)


SPOILT = ["unknown class", "unknown module", "foreign class", "fields missing", "no processes", "words for processes"]


@pytest.mark.parametrize("how", SPOILT)
def test_record_that_cannot_be_read_matters_only_where_its_programs_serve(how: str) -> None:
    stock = deployed(deployed(a_stock()))
    first, second = stock.state.generations
    old = replace(stock, state=replace(stock.state, generations=(spoilt(first, how), second)))
    assert old.live_processes() == stock.live_processes()
    assert old.next_attempt == 2
    live = replace(stock, state=replace(stock.state, generations=(first, spoilt(second, how))))
    with pytest.raises(Failure, match="the record of generation r2") as raised:
        live.live_processes()
    assert raised.value.host == "web1"
    assert "use the Backline that started it" in raised.value.hint
    assert f"{stock.settings.app.state_directory}/generations" in raised.value.hint
