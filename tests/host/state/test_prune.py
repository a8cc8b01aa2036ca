"""Old releases go, unless something needs them; virtualenvs, generations and uploads go with them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.prune import InUse, Prune
from backline.resources.process import WEB, Process
from backline.resources.program import Program
from backline.resources.records import GenerationRecord, LiveRecord
from tests.host.servers import ended
from tests.host.supervisor.conftest import eventually

from .conftest import AppFolder


@contextmanager
def process_in(machine: Machine, directory: Path, script: str) -> Iterator[int]:
    """A shell that works there until it is ended."""
    command = ["/bin/sh", "-c", f"{script}; echo ready; read line"]
    with ended(subprocess.Popen(command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
    eventually(machine, lambda: process.poll() is not None)


def test_what_is_not_kept_goes_with_all_that_it_alone_needed(app: AppFolder, machine: Machine) -> None:
    app.make_release(1, "3.11-old")
    for number in (2, 3):
        app.make_release(number)
    for name in ("generations/r1.json", "generations/r3-2.json", "incoming/abc"):
        (app.state / name).parent.mkdir(exist_ok=True)
        (app.state / name).touch()
    pruned = Prune(str(app.root), keep=(2, 3)).perform(machine)
    assert (pruned.releases, pruned.virtualenvs, pruned.in_use) == ((1,), ("3.11-old",), ())
    assert (app.releases, app.virtualenvs) == (["2", "3"], ["3.12-a"])
    assert [path.name for path in (app.state / "generations").iterdir()] == ["r3-2.json"]
    assert list((app.state / "incoming").iterdir()) == []


def test_logs_of_a_pruned_generation_go_with_their_rotations(app: AppFolder, machine: Machine) -> None:
    app.make_release(1)
    app.make_release(2)
    logs = app.root / "logs"
    logs.mkdir()
    for name in ("web-r1.log", "web-r1.log.1", "web-r1.log.old", "web-r2.log"):
        (logs / name).touch()
    for number in (1, 2):
        program = Program(f"web-r{number}", ("web",), "/", str(logs / f"web-r{number}.log"))
        record = GenerationRecord(f"r{number}", number, 1, (Process(program, WEB, "web"),))
        (app.state / "generations").mkdir(exist_ok=True)
        (app.state / "generations" / f"r{number}.json").write_text(record.to_json())
    Prune(str(app.root), keep=(2,)).perform(machine)
    assert sorted(path.name for path in logs.iterdir()) == ["web-r1.log.old", "web-r2.log"]


def test_a_log_that_later_generations_write_too_stays_and_so_does_one_that_lies_elsewhere(
    app: AppFolder, machine: Machine, tmp_path: Path
) -> None:
    """As in plain mode."""
    (app.root / "logs").mkdir()
    shared, elsewhere, old = app.root / "logs" / "shop_web.log", tmp_path / "mine.log", app.root / "logs" / "shop_a.log"
    (app.state / "generations").mkdir()
    for number, logs in ((1, (shared, elsewhere, old)), (2, (shared,))):
        app.make_release(number)
        processes = tuple(Process(Program(log.stem, ("web",), "/", str(log)), WEB, "web") for log in logs)
        (app.state / "generations" / f"r{number}.json").write_text(
            GenerationRecord(f"r{number}", number, 1, processes).to_json()
        )
    for log in (shared, elsewhere, old):
        log.touch()
    Prune(str(app.root), keep=(2,)).perform(machine)
    assert [log.exists() for log in (shared, elsewhere, old)] == [True, True, False]


def test_number_of_a_pruned_release_is_not_used_again(app: AppFolder, machine: Machine) -> None:
    app.make_release(1)
    app.make_release(2)
    Prune(str(app.root), keep=(1,)).perform(machine)
    assert app.read().highest == 2


@pytest.mark.parametrize("script", ["exec 9<../1/.backline/release.json; cd /", "cd shop"])
def test_release_that_a_process_holds_stays_until_it_ends(app: AppFolder, machine: Machine, script: str) -> None:
    app.make_release(1)
    app.make_release(2)
    with process_in(machine, app.root / "releases" / "1", script) as pid:
        assert Prune(str(app.root), keep=(2,)).perform(machine).in_use == (InUse(1, (pid,)),)
        assert app.releases == ["1", "2"]
    assert Prune(str(app.root), keep=(2,)).perform(machine).releases == (1,)


def test_what_is_live_or_linked_stays_even_if_nobody_asked(app: AppFolder, machine: Machine) -> None:
    for number in (1, 2, 3, 4):
        app.make_release(number)
    (app.state / "live.json").write_text(LiveRecord(3, ("shop-celery-r2-2",)).to_json())
    (app.root / "current").symlink_to("releases/4")
    assert Prune(str(app.root), keep=()).perform(machine).releases == (1,)


def test_what_was_left_half_made_or_half_removed_goes(app: AppFolder, machine: Machine) -> None:
    app.make_release(1)
    for name in ("releases/2.partial", "releases/.removed-1", "venvs/half-made"):
        (app.root / name / "deep").mkdir(parents=True)
        (app.root / name).chmod(0o555)
    assert Prune(str(app.root), keep=(1,)).perform(machine).virtualenvs == ("half-made",)
    assert app.releases == ["1"]


def test_app_that_was_never_deployed_has_nothing_to_prune(app: AppFolder, machine: Machine) -> None:
    pruned = Prune(str(app.root), keep=()).perform(machine)
    assert (pruned.releases, pruned.virtualenvs, pruned.in_use) == ((), (), ())
