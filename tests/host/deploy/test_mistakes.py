"""Everyday mistakes end on one screen: where, why, how things stand, what to type next; and nothing is harmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.host.deploy.project import Completed, Project, make_project
from tests.host.deploy.screens import WIDTH, refused, screen_of, untouched

USAGE, UNREACHABLE = 2, 4
ALL = "inventory/group_vars/all.yml"
SEVERAL = "all:\n  hosts:\n    db1:\n  children:\n    prod:\n      hosts:\n        web1:\n        web2:\n"


# on a host where nothing was deployed yet; these come first


@pytest.mark.parametrize("command", ["status", "releases"])
def test_to_look_before_the_first_deploy_is_no_mistake(sandbox: Project, command: str) -> None:
    assert sandbox.on_host(command).document == []
    done = sandbox.inv(command)
    assert "no release" in done.out + done.err
    assert "inv deploy" in done.out + done.err


@pytest.mark.parametrize("words", [["manage", "check"], ["tail-celery-log"], ["tail-celery-log", "--no-follow"]])
def test_what_needs_a_release_names_the_first_deploy(sandbox: Project, words: list[str]) -> None:
    assert_names_the_first_deploy(sandbox.inv(*words, check=False))


def assert_names_the_first_deploy(done: Completed) -> None:
    assert (done.code, done.out) == (USAGE, "")
    screen = screen_of(done)
    assert "no release is live here yet" in screen.text
    assert screen.next == "the first one:  inv deploy --host sandbox"


@pytest.mark.parametrize("command", ["restart-workers", "rollback"])
def test_there_is_nothing_to_start_or_to_go_back_to(sandbox: Project, command: str) -> None:
    screen = refused(sandbox, command, code=USAGE, host="sandbox", step="plan release")
    assert "no release is live here yet" in screen.text
    assert screen.state.startswith("nothing was deployed")
    assert not Path(sandbox.environment["BACKLINE_SANDBOX_ROOT"], ".backline").exists(), "the roles were made so"


# before anything is connected


def test_an_unknown_host_is_answered_with_the_nearest(live: Project) -> None:
    screen = refused(live, "deploy", "--host", "sanbox", code=USAGE, host="", step="find hosts")
    assert 'no host or group is called "sanbox"; did you mean sandbox?' in screen.text
    assert (screen.state, screen.next) == ("nothing was touched", "inv deploy --host sandbox")


def test_with_several_hosts_one_must_be_named(live: Project) -> None:
    (live.folder / "inventory/hosts.yml").write_text(SEVERAL)
    screen = refused(live, "deploy", code=USAGE, host="", step="find hosts")
    assert "hosts: db1, web1, web2 groups: prod" in screen.text
    assert screen.next.splitlines()[0] == "inv deploy --host prod"


def test_a_sandbox_that_is_not_up_is_named_with_the_way_up(tmp_path: Path) -> None:
    project = make_project(tmp_path, "sandbox")
    screen = refused(project, "deploy", "--host", "sandbox", code=UNREACHABLE, host="sandbox", step="connect")
    assert (screen.state, screen.next) == (
        "nothing was touched",
        "the sandbox is not up; start it with: inv sandbox.up",
    )
    (status,) = project.on_host("status", check=False).document
    assert set(status) == {"host", "error"}
    assert "inv sandbox.up" in status["error"]
    told = project.inv("status", check=False)
    assert (told.code, told.out) == (UNREACHABLE, "")
    assert told.err.startswith("Unreachable: sandbox\n")
    assert max(map(len, told.err.splitlines())) <= WIDTH


def test_a_repository_without_a_commit_is_told_to_commit(tmp_path: Path) -> None:
    project = make_project(tmp_path, "sandbox")
    project.git("update-ref", "-d", "HEAD")
    screen = refused(project, "deploy", code=USAGE, host="", step="read project")
    assert screen.next == "commit the project first: git add --all && git commit\nthen:  inv deploy"


def test_an_unknown_ref_is_answered_with_the_nearest(live: Project) -> None:
    with untouched(live):
        screen = refused(live, "deploy", "--ref", "mian", "--host", "sandbox", code=USAGE, host="", step="read project")
    assert "there is no commit called 'mian'" in screen.text
    assert screen.next == "inv deploy --host sandbox --ref main"


def test_a_ref_that_is_like_no_other_names_what_lists_them(live: Project) -> None:
    screen = refused(live, "deploy", "--ref", "v99.1-none", code=USAGE, host="", step="read project")
    assert screen.next == "git branch --all; git tag --list\nthen:  inv deploy --ref NAME"


def test_a_misspelt_variable_is_named_with_its_line_and_the_nearest(live: Project) -> None:
    live.replace(ALL, "celery_workers:", "celery_wokers:")
    where = live.line_of(ALL, "celery_wokers:")
    screen = refused(live, "deploy", code=USAGE, host="sandbox", step="check variables")
    assert f"{where}: celery_wokers is not a variable of Backline; did you mean celery_workers?" in screen.text
    assert screen.next == "correct this\nthen:  inv deploy"


def test_a_variable_of_the_wrong_type_is_named_with_its_line(live: Project) -> None:
    live.replace(ALL, "concurrency: 2", "concurrency: two")
    where = live.line_of(ALL, "concurrency: two")
    screen = refused(live, "deploy", code=USAGE, host="sandbox", step="check variables")
    assert f'{where}: celery_workers.default.concurrency must be a whole number, but is "two"' in screen.text


def test_all_wrong_variables_are_told_at_once(live: Project) -> None:
    live.replace(ALL, "concurrency: 2", "concurrency: two")
    live.replace(ALL, "celery_beat:", "celery_baet:")
    live.replace(ALL, "django_settings_module:", "django_setings_module:")
    screen = refused(live, "deploy", code=USAGE, host="sandbox", step="check variables")
    assert "3 things are wrong with its variables" in screen.text
    for name in ("concurrency: two", "celery_baet", "django_setings_module"):
        assert f"{live.line_of(ALL, name)}: " in screen.text


def test_a_project_that_is_not_there_is_named_with_what_says_so(live: Project) -> None:
    live.replace(ALL, "app_source: examples/shop", "app_source: examples/shpo")
    where = live.line_of(ALL, "app_source:")
    screen = refused(live, "deploy", code=USAGE, host="", step="read project")
    assert f"{live.folder}/examples/shpo is not there" in screen.text
    assert screen.next == f"set app_source to the folder of manage.py:\n{where}\nthen:  inv deploy"
