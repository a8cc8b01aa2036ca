"""The block that this project grew from, run for real: django-celery under Python 2.7, restarted without a loss."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from backline.commands.sandbox.processes import stop_processes
from tests.host.deploy.old_project import OldProject, copied_python, found_python, make_old_project

pytestmark = [pytest.mark.timeout(400), pytest.mark.old_python]

TASKS = 200
DEADLINE = 120
"""Seconds until tasks that do not end are given up."""


@pytest.fixture(scope="module")
def old() -> Generator[OldProject]:
    """The project deployed in a sandbox of its own."""
    python = found_python("python2.7")
    if python is None:
        pytest.skip("not on this machine: python2.7")
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    root = Path(tempfile.mkdtemp(prefix="bs-"))
    interpreter = copied_python(python, root / "python2.7")
    old = make_old_project(folder, interpreter, {"BACKLINE_SANDBOX_ROOT": str(root / "s")})
    try:
        old.project.inv("sandbox.up")
        old.project.on_host("deploy")
        yield old
        old.project.inv("sandbox.down")
    finally:
        stop_processes(root / "s")
        for directory in (folder, root):
            shutil.rmtree(directory, ignore_errors=True)


def home(old: OldProject) -> Path:
    return Path(old.project.environment["BACKLINE_SANDBOX_ROOT"])


def test_supervisor_has_the_block_and_the_worker_is_proved(old: OldProject) -> None:
    block = (home(old) / ".backline" / "supervisor.d" / "app_name_celery.conf").read_text().splitlines()
    assert block[0] == "[program:app_name_celery]"
    assert f"command={home(old)}/to/env/bin/python manage.py celeryd -E -l info" in block
    assert f"directory={home(old)}/to/app/" in block
    assert f"stdout_logfile={home(old)}/to/app/django_logs/celeryd.log" in block
    (worker,) = [item for item in old.project.status() if item["kind"] == "celery"]
    assert (worker["program"], worker["release"], worker["proved"]) == ("app_name_celery", "r1", True)
    assert "ready." in (home(old) / "app_name" / "shared" / "django_logs" / "celeryd.log").read_text()


def test_task_is_executed(old: OldProject) -> None:
    assert "the worker says 42" in old.project.inv("manage", "ask").out


def test_restart_under_a_stream_loses_nothing_and_does_nothing_twice(old: OldProject) -> None:
    before = old.project.pids()
    with old.project.start("manage", f"stream {TASKS}") as stream:
        await_begun(old, 20)
        restarted = old.project.on_host("restart-workers").summary
        assert stream.wait(DEADLINE) == 0
    assert restarted["hosts"]["sandbox"]["pauses"].keys() == {"celery"}
    await_begun(old, TASKS)
    await_ended(old)
    once = dict.fromkeys(range(TASKS), 1)
    assert (old.times("begin"), old.times("end")) == (once, once)
    after = old.project.pids()
    assert after.keys() == before.keys() == {"app_name_celery"}
    assert after != before


def test_new_code_comes_with_the_next_deploy(old: OldProject) -> None:
    tasks = old.project.folder / "project" / "old" / "tasks.py"
    tasks.write_text(tasks.read_text().replace("number * 2", "number * 3"))
    old.project.commit("more")
    assert old.project.on_host("deploy").summary["release"] == "r2"
    assert "the worker says 63" in old.project.inv("manage", "ask").out
    old.project.on_host("rollback")
    assert "the worker says 42" in old.project.inv("manage", "ask").out


def await_begun(old: OldProject, number: int) -> None:
    deadline = time.monotonic() + DEADLINE
    while len(old.times("begin")) < number:
        assert time.monotonic() < deadline, f"{len(old.times('begin'))} tasks began"
        time.sleep(0.1)


def await_ended(old: OldProject) -> None:
    deadline = time.monotonic() + DEADLINE
    while sum(old.times("end").values()) < sum(old.times("begin").values()):
        assert time.monotonic() < deadline, "tasks do not end"
        time.sleep(0.1)
