"""Beat's move: never two at once, never a good one ended for a bad one that a check could have found."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.move_program import MoveProgram
from backline.resources.failure import ConfigurationError, Refused
from backline.resources.program import Program

from .conftest import Folder, process_is_there

ALONE = "mkdir alone || { echo two at once; exit 1; }; trap 'rmdir alone; exit 0' TERM; while :; do sleep 0.02; done"


def move(folder: Folder, old: str, new: Program) -> MoveProgram:
    return MoveProgram(folder.socket, folder.include, folder.python, old, new)


def test_old_one_is_gone_before_the_new_one_starts(daemon: Folder, machine: Machine) -> None:
    old, new = daemon.shell("shop-beat-r1", ALONE), daemon.shell("shop-beat-r2", ALONE)
    first = move(daemon, "", old).perform(machine)
    second = move(daemon, old.name, new).perform(machine)
    assert not process_is_there(first.pid)
    assert process_is_there(second.pid)
    assert daemon.state(old.name) == ""
    assert not daemon.file(old.name).exists()
    assert "two at once" not in Path(new.log_file).read_text()


def test_move_back_is_the_same_move_the_other_way(daemon: Folder, machine: Machine) -> None:
    old, broken = daemon.shell("shop-beat-r1", ALONE), daemon.shell("shop-beat-r2", "exit 1")
    move(daemon, "", old).perform(machine)
    with pytest.raises(Refused, match="shop-beat-r2 does not stay up"):
        move(daemon, old.name, broken).perform(machine)
    back = move(daemon, broken.name, old).perform(machine)
    assert process_is_there(back.pid)
    assert daemon.state(broken.name) == ""
    assert not daemon.file(broken.name).exists()


def test_file_that_the_parser_refuses_leaves_the_old_one_running(daemon: Folder, machine: Machine) -> None:
    old = daemon.shell("shop-beat-r1", ALONE)
    started = move(daemon, "", old).perform(machine)
    with pytest.raises(ConfigurationError):
        move(daemon, old.name, daemon.program("shop-beat-r2", user="nobody-of-that-name")).perform(machine)
    assert daemon.pid(old.name) == started.pid


def test_program_of_one_name_is_restarted_as_its_new_file_says(daemon: Folder, machine: Machine) -> None:
    first = move(daemon, "", daemon.shell("beat", ALONE)).perform(machine)
    second = move(daemon, "beat", daemon.shell("beat", f"{ALONE}; true")).perform(machine)
    third = move(daemon, "beat", daemon.shell("beat", f"{ALONE}; true")).perform(machine)
    assert len({first.pid, second.pid, third.pid}) == 3
    assert daemon.pid("beat") == third.pid
