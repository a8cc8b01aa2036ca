"""New programs on trial: those that live pass it, one that dies in it is refused, even if it was started again."""

from __future__ import annotations

import time

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.start_programs import StartPrograms
from backline.agent.steps.watch_programs import WatchPrograms
from backline.resources.failure import Refused
from backline.resources.program import Program

from .conftest import Folder

DIES_LATER = "sleep 1; echo the warehouse has burnt down; exit 3"
LONG = 600.0


def watch(folder: Folder, machine: Machine, seconds: float, *programs: Program) -> None:
    StartPrograms(folder.socket, folder.include, folder.python, programs).perform(machine)
    WatchPrograms(folder.socket, programs, seconds).perform(machine)


def test_programs_that_live_pass_and_have_run_for_as_long_as_was_asked(daemon: Folder, machine: Machine) -> None:
    names = ("shop-a-r1", "shop-b-r1")
    watch(daemon, machine, 1.0, *(daemon.program(name) for name in names))
    for name in names:
        found = daemon.supervisor.process(name)
        assert found is not None
        assert time.time() >= found.started + 1.0


def test_one_that_dies_in_its_trial_is_refused_with_its_last_words(daemon: Folder, machine: Machine) -> None:
    dying = daemon.shell("shop-b-r1", DIES_LATER, start_seconds=10)
    with pytest.raises(Refused, match="shop-b-r1 does not stay up") as refusal:
        watch(daemon, machine, LONG, daemon.program("shop-a-r1"), dying)
    assert refusal.value.lines[-1] == "the warehouse has burnt down"
    assert daemon.pid("shop-a-r1"), "the other is left for the caller's undo"


def test_one_that_supervisor_starts_again_at_once_is_refused_too(daemon: Folder, machine: Machine) -> None:
    """After its startsecs Supervisor takes an end for the usual thing, and starts it anew without a word."""
    restarted = daemon.shell("shop-b-r1", DIES_LATER, start_seconds=0)
    with pytest.raises(Refused, match="shop-b-r1 does not stay up"):
        watch(daemon, machine, LONG, restarted)


def test_the_trial_is_as_long_where_the_clock_was_put_right_meanwhile(
    daemon: Folder, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes a program's age by two clocks takes it for a day old, and watches it no longer."""
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + 86400)
    dying = daemon.shell("shop-b-r1", DIES_LATER, start_seconds=10)
    with pytest.raises(Refused, match="shop-b-r1 does not stay up"):
        watch(daemon, machine, LONG, dying)
