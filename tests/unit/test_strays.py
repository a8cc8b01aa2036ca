"""What is ended of a run that was cut off together with its guard, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.deploy.draft import new_release
from backline.deploy.stock import Stock
from backline.deploy.strays import strays
from backline.resources.supervisor_rpc import ProcessInfo
from tests.unit.stocks import ORDER, a_source, a_stock, after


def deployed(stock: Stock) -> Stock:
    return after(new_release(ORDER, a_source(f"tree {stock.state.highest + 1}"), (stock,)))


def with_programs(stock: Stock, **states: str) -> Stock:
    """The stock where these run; `web_r1` stands for shop-web-r1."""
    programs = [ProcessInfo(f"shop-{name.replace('_', '-')}", "shop", state) for name, state in states.items()]
    return replace(stock, state=replace(stock.state, programs=tuple(programs)))


def cut_off(stock: Stock) -> Stock:
    """The next release was begun, and never came to serve."""
    after_it = deployed(stock)
    return replace(after_it, state=replace(after_it.state, live=stock.state.live, good=stock.state.good))


ALL_OF_R1 = {"celery_celery_r1": "RUNNING", "web_r1": "RUNNING"}


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "BACKOFF"])
def test_what_never_came_to_serve_is_ended(state: str) -> None:
    stock = with_programs(cut_off(deployed(a_stock())), **ALL_OF_R1, celery_celery_r2=state, web_r2=state)
    assert strays(stock) == ("shop-celery-celery-r2", "shop-web-r2")


def test_so_is_what_is_left_of_a_first_deploy() -> None:
    assert strays(with_programs(cut_off(a_stock()), web_r1="RUNNING")) == ("shop-web-r1",)


def test_an_old_program_is_ended_where_its_successor_runs_and_only_there() -> None:
    live = deployed(deployed(a_stock()))
    stock = with_programs(live, celery_celery_r1="RUNNING", celery_celery_r2="RUNNING", web_r1="RUNNING")
    assert strays(stock) == ("shop-celery-celery-r1",)


def test_what_serves_what_ends_already_and_what_is_not_ours_is_left_alone() -> None:
    live = deployed(deployed(a_stock()))
    stock = with_programs(live, web_r1="STOPPING", web_r2="RUNNING", nginx="RUNNING", celery_celery_r1="EXITED")
    assert strays(stock) == ()
