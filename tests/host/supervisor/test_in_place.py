"""One program takes the place of another of its name: stopped, changed, started; and back."""

from __future__ import annotations

from pathlib import Path

from backline.agent.machine import Machine
from backline.agent.steps.start_programs import StartPrograms
from backline.agent.steps.stop_programs import StopPrograms
from backline.resources.program import Program

from .conftest import Folder, process_is_there

FINISHES = "trap 'sleep 0.3; echo finished; exit 0' TERM; echo ready; while :; do sleep 0.02; done"


def start(folder: Folder, *programs: Program) -> StartPrograms:
    return StartPrograms(folder.socket, folder.include, folder.python, programs)


def test_what_is_stopped_finishes_first_and_its_file_stays(daemon: Folder, machine: Machine) -> None:
    programs = daemon.shell("shop_default", FINISHES), daemon.shell("shop_mail", FINISHES)
    started = start(daemon, *programs).perform(machine)
    stop = StopPrograms(daemon.socket, tuple(program.name for program in programs), 20.0)
    stop.perform(machine)
    stop.perform(machine)
    assert not any(process_is_there(one.pid) for one in started)
    for program in programs:
        assert "finished" in Path(program.log_file).read_text()
        assert daemon.file(program.name).exists()
        assert daemon.state(program.name) == "STOPPED"


def test_who_does_not_finish_in_time_is_killed(daemon: Folder, machine: Machine) -> None:
    (started,) = start(daemon, daemon.shell("shop_default", "trap '' TERM; while :; do sleep 1; done")).perform(machine)
    StopPrograms(daemon.socket, ("shop_default",), 0.3).perform(machine)
    assert not process_is_there(started.pid)


def test_the_successor_of_the_same_name_runs_what_its_file_says_and_so_does_the_old_one_again(
    daemon: Folder, machine: Machine
) -> None:
    old = daemon.program("shop_web", "/bin/sleep", "1000")
    new = daemon.program("shop_web", "/bin/sleep", "2000")
    stop = StopPrograms(daemon.socket, ("shop_web",), 20.0)
    start(daemon, old).perform(machine)
    for program, words in ((new, "2000"), (new, "2000"), (old, "1000")):
        stop.perform(machine)
        (started,) = start(daemon, program).perform(machine)
        assert daemon.pid("shop_web") == started.pid
        assert words in Path(f"/proc/{started.pid}/cmdline").read_text()


def test_without_a_supervisord_there_is_nothing_to_stop(folder: Folder, machine: Machine) -> None:
    StopPrograms(folder.socket, ("shop_web",), 1.0).perform(machine)
    assert not folder.file("shop_web").exists()
