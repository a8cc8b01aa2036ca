"""A command as a handler: it runs, or fails with its last lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.resources.actions.run_command import RunCommand
from backline.resources.failure import Failure


def test_command_runs_in_its_directory_with_its_environment(machine: Machine, tmp_path: Path) -> None:
    RunCommand(("/bin/sh", "-c", 'echo "$WORD" > here'), str(tmp_path), (("WORD", "a b"),)).perform(machine)
    assert (tmp_path / "here").read_text() == "a b\n"


def test_command_that_fails_is_told_with_its_last_lines(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="failed with exit code 3") as failure:
        RunCommand(("/bin/sh", "-c", "echo out; echo err >&2; exit 3"), str(tmp_path)).perform(machine)
    assert failure.value.lines == ("out", "err")
    assert os.fspath(tmp_path) in failure.value.hint
