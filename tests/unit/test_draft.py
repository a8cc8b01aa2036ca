"""What a run makes of what it found: when a release is live already, and what a rollback is made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.deploy.draft import Draft, earlier_release, new_release, same_release
from backline.deploy.fingerprint import virtualenv_key
from backline.deploy.restart import Restart
from backline.deploy.stock import Stock
from backline.resources.failure import ConfigurationError
from backline.resources.process import WEB, WORKERS
from backline.roles.celery import CelerySettings, CeleryWorker
from tests.unit.stocks import LOCK, ORDER, a_source, a_stock, after, host_settings, names, pruned, with_variables


def deployed(stock: Stock, tree: str = "tree") -> Stock:
    return after(new_release(ORDER, a_source(tree), (stock,)))


def rolled_back(stock: Stock, wanted: int = 0) -> Draft:
    return earlier_release(ORDER, (stock,), wanted or stock.earlier_live(), LOCK)


def is_live(stock: Stock, tree: str = "tree") -> bool:
    return new_release(ORDER, a_source(tree), (stock,)).is_live


def workers(**options: object) -> dict[str, object]:
    return {"celery_workers": {"celery": CeleryWorker(**options)}}  # type: ignore[arg-type]


def test_another_path_of_the_same_python_is_another_virtualenv() -> None:
    ours, theirs = (virtualenv_key(python, "3.12.1", LOCK) for python in ("/usr/bin/python3", "/opt/bin/python3"))
    assert ours != theirs
    assert ours.startswith("3.12-")
    assert theirs.startswith("3.12-")
    assert ours == virtualenv_key("/usr/bin/python3", "3.12.1", LOCK)


@pytest.mark.parametrize("other", [("/usr/bin/python3", "3.12.2", LOCK), ("/usr/bin/python3", "3.12.1", "celery\n")])
def test_version_and_lock_are_of_a_virtualenv_too(other: tuple[str, str, str]) -> None:
    assert virtualenv_key(*other) != virtualenv_key("/usr/bin/python3", "3.12.1", LOCK)


def test_numbers_go_on_from_the_highest_that_was_ever_used_anywhere() -> None:
    one, two = a_stock(), replace(deployed(a_stock()), name="web2")
    burnt = replace(two, state=replace(two.state, highest=9))
    draft = new_release(ORDER, a_source(), (one, burnt))
    assert (draft.name, draft.on("web1").release.number, draft.on("web2").release.number) == ("r10", 10, 10)


def test_the_release_that_serves_is_live() -> None:
    assert not is_live(a_stock())
    assert is_live(deployed(a_stock()))
    assert not is_live(deployed(a_stock()), "another tree")


CHANGES = {
    "concurrency": workers(concurrency=8),
    "another worker": {"celery_workers": {"celery": CeleryWorker(), "mail": CeleryWorker(queues=("mail",))}},
    "no beat": {"celery_beat": False},
    "overlap": workers(overlap=False),
    "probe": {"web_health_path": "/health"},
    "threads": {"web_threads": 9},
    "environment": {"environment": {"GREETING": "hello"}},
    "settings": {"django_settings_module": "shop.production"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_other_variables_are_another_release(change: dict[str, object]) -> None:
    assert not is_live(with_variables(deployed(a_stock()), **change))


def test_variables_of_what_is_no_process_are_not() -> None:
    assert is_live(with_variables(deployed(a_stock()), app_releases_kept=9, nginx_proxy_timeout=7))


def test_links_that_point_elsewhere_are_another_release() -> None:
    stock = deployed(a_stock())
    moved = replace(stock, state=replace(stock.state, generations=(_with_other_links(stock),)))
    assert not is_live(moved)


def _with_other_links(stock: Stock) -> str:
    (record,) = stock.generations
    processes = (replace(one, links=(("/elsewhere", "web.sock"),)) if one.links else one for one in record.processes)
    changed = replace(record, processes=tuple(processes))
    assert changed != record
    return changed.to_json()


def test_process_that_does_not_serve_makes_the_release_not_live() -> None:
    stock = deployed(a_stock())
    assert stock.state.live is not None
    lost = replace(stock.state.live, programs=stock.state.live.programs[1:])
    assert not is_live(replace(stock, state=replace(stock.state, live=lost)))


def test_after_a_rollback_with_other_variables_only_those_are_live_that_serve() -> None:
    first = deployed(a_stock())
    second = deployed(with_variables(first, **workers(concurrency=8)), "other")
    back = after(rolled_back(second))
    assert back.live_number == 3
    assert is_live(back)  # what r1 was, with the eight that serve
    assert not is_live(with_variables(back))  # with the two that served under r1


def test_after_a_restart_of_the_workers_the_web_is_looked_at_too() -> None:
    stock = with_variables(deployed(a_stock()), web_threads=9, **workers(concurrency=8))
    again = after(same_release(ORDER, (stock,), Restart((WORKERS,)), LOCK))
    assert sorted(again.live_programs) == ["shop-beat-r1", "shop-celery-celery-r1-2", "shop-web-r1"]
    assert not is_live(again)  # the web has four threads still
    assert is_live(with_variables(again, **workers(concurrency=8)))
    assert not is_live(with_variables(again))  # the workers had two


def test_restart_leaves_other_parts_alone() -> None:
    draft = same_release(ORDER, (deployed(a_stock()),), Restart((WORKERS,)), LOCK)
    assert draft.label == "r1-2"
    assert names(draft.first.processes) == ("shop-celery-celery-r1-2",)
    assert names(draft.first.previous) == ("shop-celery-celery-r1",)
    assert draft.first.new(WEB) == draft.first.old(WEB) == ()


def test_rollback_to_a_rollback_works_when_its_origin_is_pruned() -> None:
    stock = deployed(deployed(a_stock(), "one"), "two")
    stock = after(rolled_back(stock))  # r3 is r1
    stock = pruned(deployed(stock, "four"), 1, 2)
    assert stock.earlier_live() == 3
    change = rolled_back(stock).first
    assert (change.release.number, change.adopted) == (5, 3)
    assert (change.record.origin, change.record.tree, change.record.previous) == (1, "one", 4)


def test_rollback_takes_the_code_of_the_release_that_was_asked_for() -> None:
    stock = deployed(deployed(a_stock(), "one"), "two")
    change = rolled_back(after(rolled_back(stock)), 2).first
    assert (change.adopted, change.record.tree, change.record.origin) == (2, "two", 2)


def test_rollback_keeps_virtualenv_and_settings_of_the_release() -> None:
    first = deployed(a_stock())
    moved = replace(first, settings=host_settings(django_settings_module="shop.production"))
    moved = replace(moved, state=replace(moved.state, interpreter="/opt/bin/python3"))
    second = deployed(moved)
    assert second.require_live().settings_module == "shop.production"
    change = rolled_back(second).first
    assert change.record.settings_module == "shop.settings"
    assert change.release.virtualenv == first.require_live().virtualenv != second.require_live().virtualenv


def on(name: str, stock: Stock, beat: bool) -> Stock:
    """The same on a host of another name, which has beat or not."""
    celery = stock.settings.of(CelerySettings)
    app = replace(stock.settings.app, host=name)
    placed = replace(celery, app=app, celery_beat_host=name if beat else "another")
    settings = replace(stock.settings, app=app, by_type={**stock.settings.by_type, CelerySettings: placed})
    return replace(stock, name=name, settings=settings)


def live_on_both() -> tuple[Stock, Stock]:
    """Beat is on web1."""
    first, second = on("web1", a_stock(), beat=True), on("web2", a_stock(), beat=False)
    return after(new_release(ORDER, a_source(), [first])), after(new_release(ORDER, a_source(), [second]))


def test_beat_leaves_the_host_that_has_it_no_more_for_one_that_gets_it() -> None:
    first, second = live_on_both()
    assert new_release(ORDER, a_source(), [first, second]).beat_leaves == ()
    moved = [on("web1", first, beat=False), on("web2", second, beat=True)]
    assert new_release(ORDER, a_source(), moved).beat_leaves == ("web1",)
    nowhere = [on("web1", first, beat=False), on("web2", second, beat=False)]
    assert new_release(ORDER, a_source(), nowhere).beat_leaves == ()


def test_beat_does_not_begin_where_another_host_may_have_it() -> None:
    first, second = live_on_both()
    order = replace(ORDER, others=("web9",))
    assert new_release(order, a_source(), [first, second]).name == "r2"
    with pytest.raises(ConfigurationError, match="web9") as refused:
        new_release(order, a_source(), [on("web2", second, beat=True)])
    assert refused.value.hint == "all of them at once:  inv deploy --host web2,web9"


def test_live_is_what_all_hosts_serve_under_one_number() -> None:
    first, second = live_on_both()
    assert new_release(ORDER, a_source(), [first, second]).is_live
    ahead = after(new_release(replace(ORDER, force=True), a_source(), [second]))
    assert not new_release(ORDER, a_source(), [first, ahead]).is_live
    fresh = on("web3", a_stock(), beat=False)
    added = new_release(ORDER, a_source(), [first, second, fresh])
    assert not added.is_live
    assert added.name == "r2"
