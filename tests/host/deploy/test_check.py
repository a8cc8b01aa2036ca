"""--check foretells what the same command then does, and writes nothing: where there is something new to be made."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.host.deploy.foretelling import Foretold, asked, came_true, foretold, home, unwritten
from tests.host.deploy.project import Project

MIGRATION = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_first_products")]
    operations = [migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop)]
"""


def foretold_and_done(project: Project, command: str, *words: str) -> Foretold:
    """What was foretold has come true; returns it."""
    foretold = asked(project, command, *words)
    assert foretold == came_true(project, command, *words)
    return foretold


# on an empty host; this comes first


def test_the_first_deploy_is_foretold(sandbox: Project) -> None:
    foretold, done = asked(sandbox, "deploy"), came_true(sandbox, "deploy")
    assert foretold.resources == done.resources
    assert foretold.handlers == done.handlers == ("reload nginx",)
    assert foretold.sent == done.sent
    assert "manage.py" in foretold.sent
    assert foretold.started == done.started == programs("r1")
    # those of installed packages cannot be known before there is a virtualenv
    assert foretold.migrated == tuple(name for name in done.migrated if name.startswith("shop."))


# where a release is live


def test_nothing_is_foretold_where_nothing_is_to_be_done(live: Project) -> None:
    release = live.on_host("deploy").summary["release"]
    done = live.inv("deploy", "--check", "--host", live.host)
    assert f"{release} is live: nothing would change" in done.out.splitlines()
    assert "would start" not in done.out
    assert asked(live, "deploy") == Foretold(release, (), ())


def test_a_check_costs_as_many_round_trips_as_the_run(live: Project) -> None:
    live.on_host("deploy")
    trips = {
        words: live.on_host("deploy", *words).summary["hosts"]["sandbox"]["round_trips"] for words in ((), ("--check",))
    }
    assert trips[("--check",)] <= trips[()]


def test_a_changed_file_and_a_new_migration_are_foretold(live: Project) -> None:
    (live.shop / "shop/migrations/0003_nothing.py").write_text(MIGRATION)
    live.change("shop/static/shop/shop.css", "/* other */\n")
    found = foretold_and_done(live, "deploy")
    assert found.sent == ("shop/migrations/0003_nothing.py", "shop/static/shop/shop.css")
    assert found.migrated == ("shop.0003_nothing",)
    assert found.started == programs(found.status)
    assert len(found.ended) == len(found.started)


def test_changed_requirements_are_foretold_as_a_virtualenv(live: Project) -> None:
    lock = live.shop / "requirements.txt"
    live.change("requirements.txt", f"{lock.read_text()}# nothing new\n")
    check = live.on_host("deploy", "--check")
    built = [event["subject"] for event in check.events if event["status"] == "would-build"]
    warned = [event["text"] for event in check.events if event["event"] == "warning"]
    assert warned == ["migrations that come with new packages are not known before the new virtualenv is there"]
    assert foretold(check) == came_true(live, "deploy")
    assert [Path(place).exists() for place in built] == [True]


def test_a_rollback_is_foretold(live: Project) -> None:
    live.change("shop/static/shop/shop.css", "/* to go back from */\n")
    live.on_host("deploy")
    found = foretold_and_done(live, "rollback")
    assert found.sent == ()
    assert found.started == programs(found.status)


@pytest.mark.parametrize(
    "words",
    [("restart-workers",), ("restart-workers", "--worker", "mail"), ("restart-workers", "--beat"), ("restart-web",)],
)
def test_a_restart_is_foretold(live: Project, words: tuple[str, ...]) -> None:
    found = foretold_and_done(live, *words)
    assert found.started
    assert {name.rpartition("-r")[0] for name in found.started} == {name.rpartition("-r")[0] for name in found.ended}


def test_what_provision_would_mend_is_foretold(live: Project) -> None:
    for name in ("nginx-shop/nginx.conf", "supervisord.conf"):
        (home(live) / ".backline" / name).chmod(0o666)
    found = foretold_and_done(live, "provision", "--role", "nginx")
    assert [subject.rpartition("/")[2] for subject, _ in found.resources] == ["nginx.conf"]
    assert [subject.rpartition("/")[2] for subject, _ in foretold_and_done(live, "provision").resources] == [
        "supervisord.conf"
    ]


# for a person


def test_a_difference_is_shown_line_by_line_and_its_secrets_are_not(live: Project) -> None:
    live.on_host("deploy")
    conf = home(live) / ".backline/nginx-shop/nginx.conf"
    conf.write_text(conf.read_text().replace("server_tokens off;", "server_tokens on;"))
    with unwritten(live):
        shown = live.inv("deploy", "--check", "--diff").out
    assert f"would change {conf}: content" in shown
    assert "-    server_tokens on;" in shown
    assert "+    server_tokens off;" in shown
    assert "would run    reload nginx" in shown
    assert "is live: nothing would be started, 1 resource would change\n" in shown
    assert "+    server_tokens off;" in live.inv("deploy", "--diff").out


def test_a_release_s_files_are_shown_line_by_line(live: Project) -> None:
    """Also those that are not sent, since they go, or are on the host already."""
    live.replace("examples/shop/shop/settings.py", "Tea for the second cup", "Tea for the next cup")
    (live.shop / "picture.png").write_bytes(b"\x89PNG\0")
    live.git("mv", "examples/shop/README.md", "examples/shop/READ.md")
    live.commit("several changes")
    with unwritten(live):
        shown = live.inv("deploy", "--check", "--diff").out
    for line in ("shop/settings.py: content", "picture.png: new", "README.md: removed", "READ.md: new"):
        assert f"would change {line}\n" in shown
    assert re.search(r"^ +-SHOP_GREETING = .*second cup.*\n +\+SHOP_GREETING = .*next cup", shown, re.MULTILINE)


def test_what_a_deploy_would_do_is_read_on_one_page(live: Project) -> None:
    live.on_host("deploy")
    live.change("shop/static/shop/shop.css", "/* to be read */\n")
    done = live.inv("deploy", "--check")
    words = [line.split() for line in done.out.splitlines() if " would " in line]
    told = [" ".join(line[1:3]) for line in words if line[:2] == ["sandbox", "would"]]
    assert [line for line in told if line != "would remove"] == [  # old releases, as many as there are by now
        *("would send", "would run", "would run"),
        *("would start",) * 3,
        *("would move",) * 4,
        *("would drain",) * 3,
        *("would stop", "would start"),
    ]
    assert " would be made and go live; this was a check, and nothing was done\n" in done.out


# what stands in the way


@contextmanager
def lock_held(project: Project) -> Iterator[None]:
    with (home(project) / "shop/.backline/lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def test_a_held_lock_is_warned_of_and_not_waited_for(live: Project) -> None:
    with lock_held(live):
        done = live.inv("deploy", "--check")
    assert "holds the lock" in done.err
    assert "a run now would be refused" in done.err


def test_what_a_run_that_was_cut_off_owes_is_told(live: Project) -> None:
    journal = home(live) / "shop/.backline/journal"
    finish = '[["stop old web", {}], ["move beat", {}]]'
    entries = ('"opened"', f'"switching", "finish": {finish}', '"committed"', '"finished", "name": "stop old web"')
    journal.write_text("".join(f'{{"format": 1, "entry": {entry}}}\n' for entry in entries))
    try:
        with unwritten(live):
            done = live.inv("deploy", "--check")
    finally:
        journal.unlink()
    assert "an earlier run was cut off, and this is still to be done: move beat" in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("deploy", "--ref", "no-such"), 2),
        (("rollback", "--to", "r99"), 2),
        (("restart-workers", "--worker", "mial"), 2),
        (("provision", "--role", "ngnix"), 2),
    ],
)
def test_what_a_run_would_be_refused_for_a_check_is_too(live: Project, words: tuple[str, ...], code: int) -> None:
    with unwritten(live):
        checked = live.inv(*words, "--check", check=False)
    done = live.inv(*words, check=False)
    assert checked.code == done.code == code
    assert checked.err.splitlines()[:2] == done.err.splitlines()[:2]


def test_a_conflict_is_met_by_both(live: Project) -> None:
    conf = home(live) / ".backline/nginx-shop/nginx.conf"
    good = conf.read_bytes()
    conf.unlink()
    conf.mkdir()
    try:
        with unwritten(live):
            checked = live.inv("deploy", "--check", check=False)
        done = live.inv("deploy", check=False)
    finally:
        conf.rmdir()
        conf.write_bytes(good)
    assert checked.code == done.code == 1
    assert checked.err.splitlines()[:2] == done.err.splitlines()[:2]
    assert "nothing was done" in checked.err


def test_a_host_that_is_not_reached_is_not_reached_by_a_check(live: Project) -> None:
    connection = live.folder / "inventory/host_vars/sandbox/connection.yml"
    away = connection.with_suffix(".away")
    connection.rename(away)
    try:
        assert live.inv("deploy", "--check", check=False).code == 4
    finally:
        away.rename(connection)


def programs(generation: str) -> tuple[str, ...]:
    return tuple(f"shop-{part}-{generation}" for part in ("beat", "celery-default", "celery-mail", "web"))
