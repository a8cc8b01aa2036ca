"""Which release a program's processes run: what /proc proves, and what it does not."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.prove_programs import Expected, Proof, ProvePrograms
from backline.agent.steps.start_programs import StartPrograms
from backline.resources.program import Program

from .conftest import Folder, eventually

WITH_RECORD = 'exec 9<"$1/.backline/release.json"; cd "$2"; shift 2; exec "$@"'
FORKS = "import os, time; os.fork() and os.fork(); time.sleep(1000)"
FORKS_AND_FORGETS = "import os, time; os.fork() or (os.close(9), os.chdir('/')); time.sleep(1000)"
STARTS_A_TOOL = "import subprocess; subprocess.run(['sleep', '1000'], cwd='/')"


@pytest.fixture
def releases(folder: Folder) -> Path:
    for number in ("1", "2", "10"):
        Path(folder.root, "releases", number, ".backline").mkdir(parents=True)
        Path(folder.root, "releases", number, ".backline/release.json").write_text("{}")
    return Path(folder.root, "releases")


def record(releases: Path, number: int) -> str:
    return f"{releases}/{number}/.backline/release.json"


def launched(folder: Folder, release: Path, code: str, directory: str = "/") -> Program:
    command = ("/bin/sh", "-c", WITH_RECORD, "run", str(release), directory, sys.executable, "-c", code)
    return folder.program("shop-a-r1", *command)


def start(folder: Folder, machine: Machine, program: Program, processes: int = 1) -> None:
    StartPrograms(folder.socket, folder.include, folder.python, (program,)).perform(machine)
    eventually(machine, lambda: len(group_of(folder.pid(program.name))) == processes)


def group_of(leader: int) -> list[str]:
    """The processes of a program that have got past its launcher."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            group = int((path / "stat").read_text().rpartition(")")[2].split()[2])
            if group == leader and (path / "exe").resolve().name != Path("/bin/sh").resolve().name:
                found.append(path.name)
        except (OSError, IndexError):
            continue
    return found


def prove(folder: Folder, machine: Machine, releases: Path, number: int = 1) -> Proof:
    (proof,) = ProvePrograms(folder.socket, (Expected("shop-a-r1", record(releases, number)),)).perform(machine)
    return proof


def test_program_with_children_is_proved_by_the_record_it_holds_open(
    daemon: Folder, machine: Machine, releases: Path
) -> None:
    start(daemon, machine, launched(daemon, releases / "1", FORKS), processes=3)
    proof = prove(daemon, machine, releases)
    assert (proof.proved, proof.pid) == (True, daemon.pid("shop-a-r1"))
    assert proof.state in {"STARTING", "RUNNING"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", proof.started)
    assert "record open" in proof.reason


def test_another_release_is_not_proved(daemon: Folder, machine: Machine, releases: Path) -> None:
    start(daemon, machine, launched(daemon, releases / "2", FORKS, str(releases / "1")), processes=3)
    proof = prove(daemon, machine, releases)
    assert not proof.proved
    assert f"{releases}/2/.backline/release.json" in proof.reason


def test_record_that_was_deleted_proves_nothing(daemon: Folder, machine: Machine, releases: Path) -> None:
    start(daemon, machine, launched(daemon, releases / "1", FORKS), processes=3)
    shutil.rmtree(releases / "1")
    proof = prove(daemon, machine, releases)
    assert not proof.proved
    assert "(deleted)" in proof.reason


def test_record_that_was_written_anew_in_its_place_is_not_the_one_held(
    daemon: Folder, machine: Machine, releases: Path
) -> None:
    start(daemon, machine, launched(daemon, releases / "1", FORKS), processes=3)
    Path(record(releases, 1)).unlink()
    Path(record(releases, 1)).write_text("{}")
    assert not prove(daemon, machine, releases).proved


def test_working_directory_is_second_best(daemon: Folder, machine: Machine, releases: Path) -> None:
    start(daemon, machine, daemon.program("shop-a-r1", "/bin/sleep", "1000", directory=str(releases / "1")))
    proof = prove(daemon, machine, releases)
    assert proof.proved
    assert "working directory" in proof.reason
    assert not prove(daemon, machine, releases, 10).proved


def test_release_whose_number_begins_alike_is_another(daemon: Folder, machine: Machine, releases: Path) -> None:
    start(daemon, machine, daemon.program("shop-a-r1", "/bin/sleep", "1000", directory=str(releases / "10")))
    assert not prove(daemon, machine, releases).proved


def test_program_that_shows_no_release_is_not_proved(daemon: Folder, machine: Machine, releases: Path) -> None:
    start(daemon, machine, daemon.program("shop-a-r1", "/bin/sleep", "1000", directory="/"))
    proof = prove(daemon, machine, releases)
    assert not proof.proved
    assert "works in /" in proof.reason


def test_child_that_shows_no_release_is_not_proved(daemon: Folder, machine: Machine, releases: Path) -> None:
    start(daemon, machine, launched(daemon, releases / "1", FORKS_AND_FORGETS), processes=2)
    eventually(machine, lambda: not prove(daemon, machine, releases).proved)
    assert "its child" in prove(daemon, machine, releases).reason


def test_tool_that_the_app_runs_is_not_counted_against_it(daemon: Folder, machine: Machine, releases: Path) -> None:
    start(daemon, machine, launched(daemon, releases / "1", STARTS_A_TOOL), processes=2)
    eventually(machine, lambda: prove(daemon, machine, releases).proved)


def test_what_does_not_run_is_not_proved_and_says_why(daemon: Folder, machine: Machine, releases: Path) -> None:
    assert prove(daemon, machine, releases).reason == "Supervisor does not know it"
    start(daemon, machine, launched(daemon, releases / "1", FORKS), processes=3)
    daemon.supervisor.stop("shop-a-r1")
    eventually(machine, lambda: daemon.state("shop-a-r1") == "STOPPED")
    proof = prove(daemon, machine, releases)
    assert (proof.proved, proof.pid, proof.state, proof.started) == (False, 0, "STOPPED", "")


def test_without_a_supervisord_nothing_is_proved(folder: Folder, machine: Machine, releases: Path) -> None:
    proof = prove(folder, machine, releases)
    assert not proof.proved
    assert "supervisord does not run" in proof.reason
