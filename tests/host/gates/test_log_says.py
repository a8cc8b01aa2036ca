"""The gate of a program that answers nobody: its own log's line lets it pass, its death or silence does not."""

from __future__ import annotations

import pytest

from backline.agent.machine import Machine
from backline.resources.actions.log_says import LogSays
from backline.resources.failure import Refused
from backline.resources.program_files import write_programs
from tests.host.supervisor.conftest import Folder, daemon, folder, listener, machine

__all__ = ["daemon", "folder", "listener", "machine"]


def begun(daemon: Folder, machine: Machine, script: str, patience: float = 120.0, text: str = "ready") -> LogSays:
    """The gate of a program that supervisord has been told to start."""
    program = daemon.program("shop-jobs", "/bin/sh", "-c", script)
    write_programs(machine, daemon.include, (program,))
    daemon.supervisor.reload_configuration()
    daemon.supervisor.add(program.name)
    return LogSays(program.name, daemon.socket, program.log_file, program.directory, text, patience)


def test_the_line_is_waited_for_and_returned(daemon: Folder, machine: Machine) -> None:
    gate = begun(daemon, machine, "echo starting; sleep 1; echo 2 threads ready, all well; exec sleep 60")
    assert gate.perform(machine) == "2 threads ready, all well"


def test_what_another_process_said_is_not_taken_for_this_one_s(daemon: Folder, machine: Machine) -> None:
    script = "echo ready as 1; sleep 1; echo ready as $$; exec sleep 60"
    gate = begun(daemon, machine, script, text="ready as {pid}")
    assert gate.perform(machine) == f"ready as {daemon.pid('shop-jobs')}"


def test_a_program_that_dies_is_refused_with_what_it_said(daemon: Folder, machine: Machine) -> None:
    gate = begun(daemon, machine, "echo no broker here; exit 3")
    with pytest.raises(Refused, match="shop-jobs does not stay up") as refused:
        gate.perform(machine)
    assert "no broker here" in refused.value.lines


def test_a_program_that_never_says_it_is_refused_with_its_log(daemon: Folder, machine: Machine) -> None:
    gate = begun(daemon, machine, "echo still warming up; exec sleep 60", patience=3.0)
    with pytest.raises(Refused, match='does not say "ready" within 3 s') as refused:
        gate.perform(machine)
    assert refused.value.lines == ("still warming up",)
    assert gate.log_file in refused.value.hint
