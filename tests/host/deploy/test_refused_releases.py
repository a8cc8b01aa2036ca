"""Releases that must not go live: each is refused on one screen, what served serves on, and nothing of it is left."""

from __future__ import annotations

import re

from tests.host.deploy.cutting import SandboxHost, untouched
from tests.host.deploy.moments import SLOW_WORKER, next_number
from tests.host.deploy.project import Project
from tests.host.deploy.screens import Screen, refused

FAILED, USAGE, REFUSED = 1, 2, 6
ALL = "inventory/group_vars/all.yml"
SANDBOX = "inventory/host_vars/sandbox/main.yml"
FAILING_MIGRATION = """\
from django.db import migrations


def fail(apps, schema_editor):
    raise RuntimeError("the warehouse has burnt down")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_first_products")]
    operations = [migrations.RunPython(fail)]
"""
SHORT_LIVED_WORKER = """
import os, sys, threading, time

def die():
    time.sleep(5)
    while not os.path.exists(f"../../run/web-{os.environ['BACKLINE_RELEASE']}.sock"):
        time.sleep(0.1)  # the web is started when the workers have answered
    print("the warehouse has burnt down", flush=True)
    os._exit(3)

if "worker" in sys.argv:
    threading.Thread(target=die, daemon=True).start()
"""
FAILING_HOME = """

def home(request):
    raise RuntimeError("the tea is out")
"""
WORKER_THAT_TAKES_ITS_TIME = """
import time
from celery.signals import worker_shutdown

@worker_shutdown.connect
def finish(**_):
    time.sleep(15)
"""
MUTE_WEB = """
import time
time.sleep(600)
"""


def refused_release(project: Project, step: str, code: int = REFUSED) -> Screen:
    """Deploy what must not go live."""
    host = SandboxHost(project)
    serving = str(host.serving()["current"]).replace("releases/", "r")
    with untouched(host, f"r{next_number(project)}"):
        screen = refused(project, "deploy", code=code, host=project.host, step=step)
    assert f"{serving} serves, untouched" in screen.state
    return screen


def added(project: Project, path: str, text: str) -> None:
    """Write this below what a file of the shop holds, and commit."""
    project.change(path, (project.shop / path).read_text() + text)


def set_variable(project: Project, line: str) -> None:
    """Over what the sandbox of tests sets: of two equal names the last one counts."""
    project.replace(ALL, "app_trial_seconds: 0\n", f"app_trial_seconds: 0\n{line}\n")


def test_an_import_error_is_refused_with_the_projects_line(live: Project) -> None:
    urls = (live.shop / "shop/urls.py").read_text()
    live.change("shop/urls.py", f"{urls}\nimport nothing_like_this\n")
    place = f"shop/urls.py:{len(urls.splitlines()) + 2}"
    screen = refused_release(live, "check")
    assert f"ModuleNotFoundError: No module named 'nothing_like_this' ({place})" in screen.text
    assert "site-packages" not in screen.text
    assert screen.next == f"mend {place}, and commit\nthen:  inv deploy"


def test_an_import_error_that_only_workers_meet_is_refused_too(live: Project) -> None:
    """The web never imports this module; `check` does not see it, and the ping does."""
    live.change("shop/nightly.py", "import nothing_like_that\n")
    added(live, "shop/celery.py", '\napp.conf.imports = ["shop.nightly"]\n')
    screen = refused_release(live, "start workers")
    assert "ModuleNotFoundError: No module named 'nothing_like_that' (shop/nightly.py:1)" in screen.text
    assert screen.next == "mend shop/nightly.py:1, and commit\nthen:  inv deploy"


def test_a_worker_that_never_answers_is_given_up(live: Project) -> None:
    set_variable(live, "celery_patience: 2")
    added(live, "shop/celery.py", SLOW_WORKER)
    number = next_number(live)
    screen = refused_release(live, "start workers")
    assert f"no answer from default-r{number}@sandbox, mail-r{number}@sandbox within 2 s" in screen.text
    state = "(STARTING|RUNNING)"  # the latter after ten seconds, which pass on a busy machine
    assert re.search(rf"shop-celery-default-r{number} is {state}, pid \d", screen.text)
    assert "its log is empty so far" in screen.text
    assert screen.next == "a worker that needs longer to start: celery_patience\nthen:  inv deploy"


def test_a_worker_that_dies_after_five_seconds_does_not_take_over(live: Project) -> None:
    """It answers its ping before. The trial is long, so that it dies within it on a busy machine too."""
    set_variable(live, "app_trial_seconds: 60")
    added(live, "shop/celery.py", SHORT_LIVED_WORKER)
    number = next_number(live)
    screen = refused_release(live, "watch")
    assert f"-r{number} does not stay up" in screen.text
    assert "the warehouse has burnt down" in screen.text
    assert "/shop/logs/shop-celery-" in screen.next


def test_a_broker_that_is_down_is_named_in_its_librarys_words(live: Project) -> None:
    set_variable(live, "celery_patience: 2")
    live.replace(SANDBOX, "redis+socket://{{ redis_socket }}", "redis://127.0.0.1:1/0")
    number = next_number(live)
    screen = refused_release(live, "start workers")
    assert f"no answer from default-r{number}@sandbox, mail-r{number}@sandbox within 2 s" in screen.text
    assert "Error 111 connecting to 127.0.0.1:1. Connection refused." in screen.text


def test_a_web_that_answers_500_is_refused_with_the_projects_line(live: Project) -> None:
    added(live, "shop/views.py", FAILING_HOME)
    place = f"shop/views.py:{len((live.shop / 'shop/views.py').read_text().splitlines())}"
    screen = refused_release(live, "start web")
    assert f"answers 500 to /: RuntimeError: the tea is out ({place})" in screen.text
    assert screen.next == f"mend {place}, and commit\nthen:  inv deploy"


def test_a_web_that_never_answers_is_given_up(live: Project) -> None:
    """And what the workers that had answered are still about is said."""
    set_variable(live, "web_patience: 10")
    added(live, "shop/wsgi.py", MUTE_WEB)
    added(live, "shop/celery.py", WORKER_THAT_TAKES_ITS_TIME)
    number = next_number(live)
    screen = refused_release(live, "start web")
    workers = f"shop-celery-default-r{number}, shop-celery-mail-r{number}"
    assert f"untouched; of r{number} workers end when their tasks are done: {workers}" in screen.state
    assert f"shop-web-r{number} does not serve / within 10 s: it takes the request and answers nothing" in screen.text
    assert "Booting worker" in screen.text
    assert "a site that needs longer to answer: web_patience" in screen.next


def test_a_failing_migration_is_named_with_its_exception_and_what_stays(live: Project) -> None:
    live.change("shop/migrations/0003_fails.py", FAILING_MIGRATION)
    screen = refused_release(live, "migrate", FAILED)
    assert "RuntimeError: the warehouse has burnt down (shop/migrations/0003_fails.py:5)" in screen.text
    assert "migrations that were applied stay applied" in screen.state


def test_a_requirement_that_nobody_has_is_named(live: Project) -> None:
    added(live, "requirements.txt", "no-such-package-of-backline==1.0\n")
    screen = refused_release(live, "build virtualenv", FAILED)
    assert screen.text.count("no-such-package-of-backline==1.0") == 1
    assert screen.next == "mend requirements.txt in the project, and commit\nthen:  inv deploy"


def test_before_the_first_release_there_is_nothing_to_go_back_to(live: Project) -> None:
    with untouched(SandboxHost(live), f"r{next_number(live)}"):
        screen = refused(live, "rollback", "--host", "sandbox", code=USAGE, host="sandbox", step="plan release")
    assert "there is nothing to roll back to" in screen.text


def test_one_goes_back_only_to_what_is_there_and_was_live(live: Project) -> None:
    """r2 is one of those that failed above."""
    with untouched(SandboxHost(live), f"r{next_number(live)}"):
        gone = refused(live, "rollback", "--to", "r99", code=USAGE, host="sandbox", step="plan release")
        failed = refused(live, "rollback", "--to", "r2", code=USAGE, host="sandbox", step="plan release")
    assert "r99 is not on the host; to go back to there are: r1" in gone.text
    assert "r2 was never live; to go back to there are: r1" in failed.text
    assert gone.next == "inv releases --host sandbox"
    stayed = live.on_host("rollback", "--to", "r1").summary
    assert (stayed["status"], stayed["release"]) == ("live", "r1")
    assert (
        "'one' is not a release" in refused(live, "rollback", "--to", "one", code=USAGE, host="", step="rollback").text
    )
