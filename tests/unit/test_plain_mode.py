"""Plain mode: names without a generation, programs without a launcher, links that lead to the release, pauses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.deploy.cost import costs_in_place, costs_of_single_workers
from backline.deploy.draft import Draft, earlier_release, new_release, same_release
from backline.deploy.in_place import links_at_switch, links_before_start, owed_in_place
from backline.deploy.restart import Restart
from backline.deploy.stock import Stock
from backline.deploy.strays import strays
from backline.resources.process import BEAT, WEB, WORKERS, Process
from backline.resources.secret import Secret
from backline.resources.supervisor_rpc import ProcessInfo
from backline.roles.celery import CelerySettings, CeleryWorker
from backline.settings.app import Plain
from backline.settings.app_settings import AppSettings
from tests.unit.shop import HOME, SUPERVISOR, shop
from tests.unit.stocks import LOCK, ORDER, a_source, a_stock, after, host_settings, names, with_variables

ROOT = f"{HOME}/shop"
PATHS = Plain(virtualenv="/path/to/env", directory="/path/to/app/")
DEFAULT = ("shop_celery", "shop_beat", "shop_web")


def plain_stock(plain: Plain = PATHS, **variables: object) -> Stock:
    return a_stock(host_settings(plain=plain, **variables))  # type: ignore[arg-type]


def deployed(stock: Stock, tree: str = "tree") -> Stock:
    return after(new_release(ORDER, a_source(tree), (stock,)))


def draft_of(stock: Stock, tree: str = "tree") -> Draft:
    return new_release(ORDER, a_source(tree), (stock,))


def restarted(stock: Stock, *parts: str, only: str = "") -> Draft:
    return same_release(ORDER, (stock,), Restart(parts, only), LOCK)


def processes(draft: Draft) -> dict[str, Process]:
    return {process.program.name: process for process in draft.first.processes}


def plain_again(stock: Stock, plain: Plain | None = PATHS, **variables: object) -> Stock:
    """The same host when its inventory says something else."""
    return with_variables(stock, plain=plain, **variables)


# names, commands, environment


def test_names_are_the_same_in_every_generation() -> None:
    stock = deployed(plain_stock())
    assert names(draft_of(stock, "other").first.processes) == DEFAULT
    assert names(restarted(stock, WORKERS, WEB, BEAT).first.processes) == DEFAULT
    workers = {"mail": CeleryWorker(), "celery": CeleryWorker()}
    assert "shop_mail" in processes(draft_of(plain_stock(celery_workers=workers)))


def test_programs_start_from_the_paths_that_a_person_set_to_the_letter() -> None:
    made = processes(draft_of(plain_stock()))
    assert {process.program.directory for process in made.values()} == {"/path/to/app/"}
    assert made["shop_web"].program.command[0] == "/path/to/env/bin/gunicorn"
    assert made["shop_celery"].program.command[:6] == (
        *("/path/to/env/bin/celery", "-A", "shop", "worker", "-n", "celery@web1"),
    )
    links = (("/path/to/app", f"{ROOT}/releases/1"), ("/path/to/env", draft_of(plain_stock()).first.release.virtualenv))
    assert {process.foundations for process in made.values()} == {links}


def test_without_such_paths_programs_start_from_the_release_s_own_and_no_link_is_needed() -> None:
    draft = draft_of(plain_stock(Plain()))
    worker = processes(draft)["shop_celery"]
    assert worker.program.directory == f"{ROOT}/releases/1"
    assert worker.program.command[0] == f"{ROOT}/releases/1/.venv/bin/celery"
    assert worker.program.log_file == f"{ROOT}/logs/shop_celery.log"
    assert not draft.has_foundations


def test_supervisor_gives_what_the_launcher_would() -> None:
    worker = processes(draft_of(plain_stock(environment={"GREETING": "hello"})))["shop_celery"]
    assert worker.program.environment == {
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "GREETING": "hello",
        "DJANGO_STATIC_ROOT": f"{ROOT}/releases/1/.backline/static",
        "BACKLINE_RELEASE": "r1",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
    }


def test_restart_and_rollback_take_the_environment_that_the_release_was_made_with() -> None:
    first = deployed(plain_stock(environment={"GREETING": "hello"}))
    changed = plain_again(first, environment={"GREETING": "good evening"})
    assert greeting(restarted(changed, WORKERS)) == "hello"
    second = deployed(changed)
    assert greeting(restarted(second, WORKERS)) == "good evening"
    back = earlier_release(ORDER, (second,), 1, LOCK)
    assert greeting(back) == "hello"
    assert greeting(restarted(after(back), WORKERS)) == "hello"


def greeting(draft: Draft) -> object:
    return processes(draft)["shop_celery"].program.environment["GREETING"]


# what serves, where one name is of many generations


def test_the_release_that_serves_is_live_and_another_is_not() -> None:
    stock = deployed(deployed(plain_stock(), "one"), "two")
    assert draft_of(stock, "two").is_live
    assert not draft_of(stock, "one").is_live
    assert not draft_of(plain_again(stock, web_threads=9), "two").is_live


def test_what_a_run_has_left_that_was_cut_off_is_not_taken_for_live() -> None:
    stock = deployed(plain_stock())
    assert not draft_of(replace(stock, state=replace(stock.state, journal=True))).is_live


def test_each_program_is_of_the_generation_that_serves() -> None:
    stock = after(restarted(deployed(deployed(plain_stock(), "one"), "two"), WORKERS))
    labels = {one.process.program.name: one.generation.label for one in stock.serving()}
    assert labels == {"shop_celery": "r2-2", "shop_beat": "r2", "shop_web": "r2"}
    assert {name: one.generation.label for name, one in stock.known_programs.items()} == labels
    assert len(stock.live_processes()) == 3


def test_a_generation_that_failed_does_not_count() -> None:
    stock = deployed(plain_stock(), "one")
    failed = deployed(stock, "two")
    stock = replace(failed, state=replace(failed.state, live=stock.state.live, good=stock.state.good))
    assert {one.generation.label for one in stock.known_programs.values()} == {"r1"}
    assert draft_of(stock, "one").is_live


def test_a_program_that_only_a_failed_run_had_is_a_stray() -> None:
    stock = deployed(plain_stock(), "one")
    workers = {"celery": CeleryWorker(), "mail": CeleryWorker()}
    begun = deployed(plain_again(stock, celery_workers=workers), "two")
    running = tuple(ProcessInfo(name, name, "RUNNING") for name in (*DEFAULT, "shop_mail"))
    cut_off = replace(begun, state=replace(begun.state, live=stock.state.live, programs=running))
    assert strays(cut_off) == ("shop_mail",)


# in place, or beside


def test_a_deploy_over_plain_programs_is_in_place_and_the_first_is_not() -> None:
    assert not draft_of(plain_stock()).in_place
    assert draft_of(deployed(plain_stock()), "other").in_place


def test_from_one_mode_to_the_other_new_programs_start_beside_the_old() -> None:
    generations = deployed(a_stock())
    there = draft_of(plain_again(generations), "other")
    assert (there.in_place, names(there.first.processes)) == (False, DEFAULT)
    assert names(there.first.previous) == ("shop-celery-celery-r1", "shop-beat-r1", "shop-web-r1")
    back = draft_of(plain_again(after(there), None), "third")
    assert (back.in_place, names(back.first.previous)) == (False, DEFAULT)


def test_restart_of_a_part_leaves_the_others_alone() -> None:
    stock = deployed(plain_stock(celery_workers={"default": CeleryWorker(), "mail": CeleryWorker()}))
    assert names(restarted(stock, WORKERS).first.previous) == ("shop_default", "shop_mail")
    draft = restarted(stock, WORKERS, only="mail")
    assert (names(draft.first.previous), names(draft.first.processes)) == (("shop_mail",), ("shop_mail",))
    live = after(draft)
    assert sorted(live.live_programs) == ["shop_beat", "shop_default", "shop_mail", "shop_web"]


def test_what_is_owed_is_beat_and_the_end_of_what_has_no_successor() -> None:
    stock = deployed(plain_stock(celery_workers={"celery": CeleryWorker(), "mail": CeleryWorker()}))
    draft = draft_of(plain_again(stock), "other")
    owed = dict(owed_in_place(SUPERVISOR, draft.first))
    assert list(owed) == ["start beat", "forget old programs"]
    assert "names=('shop_mail',)" in str(owed["forget old programs"])


def test_each_link_moves_once_the_web_s_before_it_starts_where_nothing_serves_beside_it() -> None:
    stock = deployed(plain_stock())
    draft = draft_of(stock, "other")
    before = dict(links_before_start(draft.first))
    assert list(before) == ["/path/to/app", "/path/to/env", f"{ROOT}/run/static", f"{ROOT}/run/web.sock"]
    assert dict(links_at_switch(draft.first, draft)) == {
        f"{ROOT}/run/static-previous": "../releases/1/.backline/static",
        f"{ROOT}/current": "releases/2",
    }
    first = draft_of(plain_again(deployed(a_stock())), "other")
    assert list(dict(links_before_start(first.first))) == ["/path/to/app", "/path/to/env"]


# what it costs


def test_the_pause_is_told_of_what_is_stopped() -> None:
    stock = deployed(plain_stock(celery_workers={"celery": CeleryWorker(hard_time_limit=60)}))
    workers, web, beat = costs_in_place(draft_of(stock, "other").first)
    assert workers.startswith("shop_celery: in place; running tasks are finished first (at most 90 s)")
    assert web.startswith("shop_web: in place;")
    assert beat.startswith("shop_beat: in place;")
    assert list(costs_in_place(draft_of(plain_stock()).first)) == []


def test_the_pause_of_a_worker_that_must_not_overlap_is_told_of_too() -> None:
    stock = deployed(a_stock(host_settings(celery_workers={"celery": CeleryWorker(overlap=False)})))
    (line,) = costs_of_single_workers(draft_of(stock, "other").first)
    assert line.startswith("shop-celery-celery-r1: not beside its successor")
    assert list(costs_of_single_workers(draft_of(deployed(a_stock()), "other").first)) == []


# what is objected to


def app_objections(
    paths: dict[str, str], plain: Plain | None = PATHS, environment: dict[str, str | Secret] | None = None
) -> dict[str, str]:
    """Variable → what is wrong with it."""
    app = replace(shop(), plain=plain, environment=environment or {})
    settings = AppSettings(app, SUPERVISOR, app_name="shop", app_source=".", django_settings_module="shop.settings")
    settings = replace(settings, app_root=ROOT, **paths)  # type: ignore[arg-type]
    return {objection.variable: objection.reason for objection in settings.objections()}


@pytest.mark.parametrize("variable", ["app_directory", "app_virtualenv"])
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("relative/path", "absolute path"),
        ("/", "absolute path"),
        ("/a/../b", "absolute path"),
        (f"{ROOT}/releases/7", "Backline's"),
        (f"{ROOT}/current", "Backline's"),
        (ROOT, "Backline's"),
    ],
)
def test_a_path_that_cannot_be_a_link_of_ours_is_objected_to(variable: str, path: str, words: str) -> None:
    assert words in app_objections({variable: path})[variable]


def test_sound_paths_are_not() -> None:
    sound = {"app_directory": "/path/to/app/", "app_virtualenv": "/path/to/env"}
    assert app_objections(sound) == {}
    assert app_objections(sound, None).keys() == sound.keys()


def test_a_virtualenv_in_the_release_is_objected_to() -> None:
    paths = {"app_directory": "/path/to/app/", "app_virtualenv": "/path/to/app/env"}
    assert "must not lie in app_directory" in app_objections(paths)["app_virtualenv"]


@pytest.mark.parametrize(
    ("value", "words"), [(Secret("hunter2"), "is secret"), ("a\nb", "newline"), ("'quoted'", "quote")]
)
def test_a_value_that_supervisor_cannot_be_given_is_objected_to_by_name(value: str | Secret, words: str) -> None:
    reason = app_objections({}, environment={"DATABASE_URL": value})["app_environment"]
    assert "DATABASE_URL" in reason
    assert words in reason
    assert "hunter2" not in reason
    assert app_objections({}, None, {"DATABASE_URL": value}) == {}


def log_objections(path: str, plain: Plain | None = PATHS, shared: tuple[str, ...] = ()) -> list[str]:
    celery = CelerySettings(replace(shop(), plain=plain, shared_paths=shared), SUPERVISOR, celery_app="shop")
    return [objection.reason for objection in replace(celery, celery_log_file=path).objections()]


def test_a_log_in_the_release_must_lie_in_what_releases_share() -> None:
    log = "/path/to/app/django_logs/celeryd.log"
    (reason,) = log_objections(log)
    assert "add django_logs to app_shared_paths" in reason
    assert log_objections(log, shared=("django_logs/",)) == []
    assert log_objections("/var/log/celeryd.log") == []


@pytest.mark.parametrize("path", ["celeryd.log", "/var/log/", "/var/../log"])
def test_a_log_is_the_absolute_path_of_a_file(path: str) -> None:
    (reason,) = log_objections(path)
    assert "absolute path of a file" in reason


def test_a_log_of_one_s_own_is_plain_mode_s_alone() -> None:
    (reason,) = log_objections("/var/log/celeryd.log", None)
    assert "supervisor_naming: plain" in reason


def test_pinned_paths_are_those_of_no_other_release() -> None:
    """What is rewritten at each restart: every path of a program without links is of its own release."""
    for process in draft_of(deployed(plain_stock(Plain())), "other").first.processes:
        assert "/releases/1/" not in str(process.program)
