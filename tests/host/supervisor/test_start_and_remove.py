"""A generation's programs beside those that run: started, died at once, taken away again."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.list_programs import ListPrograms
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.start_programs import Started, StartPrograms
from backline.resources.failure import ConfigurationError, Failure, Refused
from backline.resources.program import Program

from .conftest import Folder, eventually, process_is_there

IGNORES_TERM = "trap '' TERM; echo ready; while :; do sleep 1000 & wait $!; done"


def start(folder: Folder, *programs: Program) -> StartPrograms:
    return StartPrograms(folder.socket, folder.include, folder.python, programs)


def remove(folder: Folder, *names: str, patience: float = 10.0) -> RemovePrograms:
    return RemovePrograms(folder.socket, folder.include, names, patience)


def test_programs_are_started_with_the_pids_that_supervisor_gave(daemon: Folder, machine: Machine) -> None:
    started = start(daemon, daemon.program("shop-a-r1"), daemon.program("shop-b-r1")).perform(machine)
    assert started == (Started("shop-a-r1", daemon.pid("shop-a-r1")), Started("shop-b-r1", daemon.pid("shop-b-r1")))
    assert all(one.pid for one in started)


def test_starting_again_changes_nothing(daemon: Folder, machine: Machine) -> None:
    step = start(daemon, daemon.program("shop-a-r1"))
    assert step.perform(machine) == step.perform(machine)


def test_started_again_with_another_command_runs_that(daemon: Folder, machine: Machine) -> None:
    before = start(daemon, daemon.program("shop-a-r1")).perform(machine)
    after = start(daemon, daemon.program("shop-a-r1", "/bin/sleep", "2000")).perform(machine)
    assert not process_is_there(before[0].pid)
    assert b"2000" in Path(f"/proc/{after[0].pid}/cmdline").read_bytes()


def test_program_that_dies_at_once_is_refused_with_its_last_words(daemon: Folder, machine: Machine) -> None:
    dying = daemon.shell("shop-b-r1", "printf '\\033[31mno module named shop\\033[0m\\n'; exit 3")
    with pytest.raises(Refused, match="shop-b-r1 does not stay up") as refusal:
        start(daemon, daemon.program("shop-a-r1"), dying).perform(machine)
    assert "no module named shop" in refusal.value.lines[-1]
    assert daemon.pid("shop-a-r1"), "the other is left for the caller's undo"


def test_command_that_is_not_there_fails_in_supervisors_words(daemon: Folder, machine: Machine) -> None:
    with pytest.raises(Failure, match="NO_FILE"):
        start(daemon, daemon.program("shop-a-r1", "/no/such/file")).perform(machine)


def test_broken_file_of_somebody_else_is_named_before_anything_is_written(daemon: Folder, machine: Machine) -> None:
    daemon.file("foreign").write_text("[program:foreign]\ncommand=echo 100%\n")
    with pytest.raises(Failure, match="foreign.conf"):
        start(daemon, daemon.program("shop-a-r1")).perform(machine)
    assert not daemon.file("shop-a-r1").exists()


def test_file_that_the_parser_refuses_is_never_in_place(daemon: Folder, machine: Machine) -> None:
    good, bad = daemon.program("shop-a-r1"), daemon.program("shop-b-r1", log_file="/no/such/directory/b.log")
    with pytest.raises(ConfigurationError, match=f"{daemon.file('shop-b-r1')}"):
        start(daemon, good, bad).perform(machine)
    assert not daemon.file("shop-a-r1").exists()
    assert not daemon.file("shop-b-r1").exists()


def test_program_that_is_in_somebody_elses_file_is_refused(daemon: Folder, machine: Machine) -> None:
    daemon.file("foreign").write_text("[program:shop-a-r1]\ncommand=/bin/sleep 1000\nautostart=false\n")
    with pytest.raises(ConfigurationError, match="also in foreign.conf"):
        start(daemon, daemon.program("shop-a-r1")).perform(machine)


def test_file_of_somebody_else_that_only_the_daemon_can_read_is_no_obstacle(daemon: Folder, machine: Machine) -> None:
    daemon.file("foreign").write_text("[program:foreign]\ncommand=/bin/sleep %(ENV_ONLY_THE_DAEMON_KNOWS)s\n")
    start(daemon, daemon.program("shop-a-r1")).perform(machine)
    assert daemon.pid("shop-a-r1")


def test_missing_python_of_supervisor_is_told(daemon: Folder, machine: Machine) -> None:
    with pytest.raises(Failure, match="could not check") as failure:
        StartPrograms(daemon.socket, daemon.include, "/no/python", (daemon.program("a"),)).perform(machine)
    assert "package supervisor" in failure.value.hint


def test_removed_programs_leave_no_process_no_file_and_no_name(daemon: Folder, machine: Machine) -> None:
    (started,) = start(daemon, daemon.program("shop-a-r1")).perform(machine)
    remove(daemon, "shop-a-r1").perform(machine)
    assert not process_is_there(started.pid)
    assert not daemon.file("shop-a-r1").exists()
    assert ListPrograms(daemon.socket, "shop-").perform(machine) == ()


def test_removing_again_or_what_never_was_changes_nothing(daemon: Folder, machine: Machine) -> None:
    start(daemon, daemon.program("shop-a-r1")).perform(machine)
    remove(daemon, "shop-a-r1", "never-was").perform(machine)
    remove(daemon, "shop-a-r1", "never-was").perform(machine)


def test_program_that_ignores_term_is_killed_with_its_children(daemon: Folder, machine: Machine) -> None:
    stubborn = daemon.shell("shop-a-r1", IGNORES_TERM, patience=3600)
    (started,) = start(daemon, stubborn).perform(machine)
    eventually(machine, lambda: "ready" in Path(stubborn.log_file).read_text())
    remove(daemon, "shop-a-r1", patience=0.2).perform(machine)
    assert not process_is_there(started.pid)
    assert daemon.state("shop-a-r1") == ""


def test_program_that_dies_again_and_again_is_removed(daemon: Folder, machine: Machine) -> None:
    with pytest.raises(Refused):
        start(daemon, daemon.shell("shop-a-r1", "exit 1")).perform(machine)
    remove(daemon, "shop-a-r1").perform(machine)
    assert daemon.state("shop-a-r1") == ""


def test_undo_is_not_held_up_by_somebody_elses_broken_file(daemon: Folder, machine: Machine) -> None:
    start(daemon, daemon.program("shop-a-r1")).perform(machine)
    daemon.file("foreign").write_text("[program:foreign]\ncommand=echo 100%\n")
    remove(daemon, "shop-a-r1").perform(machine)
    assert daemon.state("shop-a-r1") == ""
    assert not daemon.file("shop-a-r1").exists()


def test_without_a_supervisord_the_files_go(folder: Folder, machine: Machine) -> None:
    folder.file("shop-a-r1").write_text("")
    remove(folder, "shop-a-r1").perform(machine)
    assert not folder.file("shop-a-r1").exists()
    assert ListPrograms(folder.socket).perform(machine) == ()
