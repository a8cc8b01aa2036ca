"""Everyday mistakes end on one screen: where, why, how things stand, what to type next; and nothing is harmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.host.deploy.project import Completed, Project, make_project
from tests.host.deploy.screens import WIDTH, refused, screen_of, untouched

USAGE, UNREACHABLE, REFUSED = 2, 4, 6
ALL = "inventory/group_vars/all.yml"
FAILING_MIGRATION = """\
from django.db import migrations


def fail(apps, schema_editor):
    raise RuntimeError("the warehouse has burnt down")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_first_products")]
    operations = [migrations.RunPython(fail)]
"""
SEVERAL = "all:\n  hosts:\n    db1:\n  children:\n    prod:\n      hosts:\n        web1:\n        web2:\n"


def replaced(project: Project, path: str, old: str, new: str) -> None:
    """Change a file of the project as with an editor."""
    file = project.folder / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def line_of(project: Project, path: str, text: str) -> str:
    """`inventory/group_vars/all.yml:12`"""
    lines = (project.folder / path).read_text().splitlines()
    return f"{path}:{1 + next(place for place, line in enumerate(lines) if text in line)}"


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
    replaced(live, ALL, "celery_workers:", "celery_wokers:")
    where = line_of(live, ALL, "celery_wokers:")
    screen = refused(live, "deploy", code=USAGE, host="sandbox", step="check variables")
    assert f"{where}: celery_wokers is not a variable of Backline; did you mean celery_workers?" in screen.text
    assert screen.next == "correct this\nthen:  inv deploy"


def test_a_variable_of_the_wrong_type_is_named_with_its_line(live: Project) -> None:
    replaced(live, ALL, "concurrency: 2", "concurrency: two")
    where = line_of(live, ALL, "concurrency: two")
    screen = refused(live, "deploy", code=USAGE, host="sandbox", step="check variables")
    assert f'{where}: celery_workers.default.concurrency must be a whole number, but is "two"' in screen.text


def test_all_wrong_variables_are_told_at_once(live: Project) -> None:
    replaced(live, ALL, "concurrency: 2", "concurrency: two")
    replaced(live, ALL, "celery_beat:", "celery_baet:")
    replaced(live, ALL, "django_settings_module:", "django_setings_module:")
    screen = refused(live, "deploy", code=USAGE, host="sandbox", step="check variables")
    assert "3 things are wrong with its variables" in screen.text
    for name in ("concurrency: two", "celery_baet", "django_setings_module"):
        assert f"{line_of(live, ALL, name)}: " in screen.text


def test_a_project_that_is_not_there_is_named_with_what_says_so(live: Project) -> None:
    replaced(live, ALL, "app_source: examples/shop", "app_source: examples/shpo")
    where = line_of(live, ALL, "app_source:")
    screen = refused(live, "deploy", code=USAGE, host="", step="read project")
    assert f"{live.folder}/examples/shpo is not there" in screen.text
    assert screen.next == f"set app_source to the folder of manage.py:\n{where}\nthen:  inv deploy"


# on the host, with a release that serves


def test_an_import_error_is_refused_with_the_projects_line(live: Project) -> None:
    urls = (live.shop / "shop/urls.py").read_text()
    live.change("shop/urls.py", f"{urls}\nimport nothing_like_this\n")
    place = f"shop/urls.py:{len(urls.splitlines()) + 2}"
    with untouched(live):
        screen = refused(live, "deploy", code=REFUSED, host="sandbox", step="check")
    assert f"ModuleNotFoundError: No module named 'nothing_like_this' ({place})" in screen.text
    assert "site-packages" not in screen.text
    assert "serves, untouched" in screen.state
    assert screen.next == f"mend {place}, and commit\nthen:  inv deploy"


def test_an_import_error_that_only_workers_meet_is_refused_too(live: Project) -> None:
    """The web never imports this module; `check` does not see it, and the ping does."""
    live.change(
        "shop/celery.py", (live.shop / "shop/celery.py").read_text() + '\napp.conf.imports = ["shop.nightly"]\n'
    )
    live.change("shop/nightly.py", "import nothing_like_that\n")
    with untouched(live):
        screen = refused(live, "deploy", code=REFUSED, host="sandbox", step="start workers")
    assert "ModuleNotFoundError: No module named 'nothing_like_that' (shop/nightly.py:1)" in screen.text
    assert screen.next == "mend shop/nightly.py:1, and commit\nthen:  inv deploy"
    assert "serves, untouched" in screen.state


def test_a_failing_migration_is_named_with_its_exception_and_what_stays(live: Project) -> None:
    live.change("shop/migrations/0003_fails.py", FAILING_MIGRATION)
    with untouched(live):
        screen = refused(live, "deploy", code=1, host="sandbox", step="migrate")
    assert "RuntimeError: the warehouse has burnt down (shop/migrations/0003_fails.py:5)" in screen.text
    assert "migrations that were applied stay applied" in screen.state


def test_a_requirement_that_nobody_has_is_named(live: Project) -> None:
    lock = (live.shop / "requirements.txt").read_text()
    live.change("requirements.txt", f"{lock}no-such-package-of-backline==1.0\n")
    with untouched(live):
        screen = refused(live, "deploy", code=1, host="sandbox", step="build virtualenv")
    assert screen.text.count("no-such-package-of-backline==1.0") == 1
    assert screen.next == "mend requirements.txt in the project, and commit\nthen:  inv deploy"


def test_before_the_first_release_there_is_nothing_to_go_back_to(live: Project) -> None:
    with untouched(live):
        screen = refused(live, "rollback", "--host", "sandbox", code=USAGE, host="sandbox", step="plan release")
    assert "there is nothing to roll back to" in screen.text


def test_one_goes_back_only_to_what_is_there_and_was_live(live: Project) -> None:
    """r2 is one of those that failed above."""
    with untouched(live):
        gone = refused(live, "rollback", "--to", "r99", code=USAGE, host="sandbox", step="plan release")
        failed = refused(live, "rollback", "--to", "r2", code=USAGE, host="sandbox", step="plan release")
    assert "r99 is not on the host; to go back to there are: r1" in gone.text
    assert "r2 was never live; to go back to there are: r1" in failed.text
    assert gone.next == "inv releases --host sandbox"
    assert (
        "'one' is not a release" in refused(live, "rollback", "--to", "one", code=USAGE, host="", step="rollback").text
    )
