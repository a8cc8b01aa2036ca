"""Old programs finish what they have begun, without anybody waiting, and are forgotten afterwards."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.overlay import Overlay
from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.reap_programs import Reaped, ReapPrograms
from backline.agent.steps.start_programs import StartPrograms
from backline.resources.failure import Failure
from backline.resources.program import Program
from backline.resources.program_files import write_programs

from .conftest import Folder, eventually, process_is_there


def worker(folder: Folder, name: str) -> Program:
    """Ends after TERM as soon as the file `finish` is there."""
    script = "trap 'while [ ! -e finish ]; do sleep 0.02; done; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
    return folder.shell(name, script, patience=3600)


def start(folder: Folder, machine: Machine, *programs: Program) -> tuple[int, ...]:
    started = StartPrograms(folder.socket, folder.include, folder.python, programs).perform(machine)
    for program in programs:
        eventually(machine, lambda program=program: "ready" in Path(program.log_file).read_text())  # type: ignore[misc]
    return tuple(one.pid for one in started)


def test_draining_does_not_wait_and_cuts_nothing(daemon: Folder, machine: Machine) -> None:
    (pid,) = start(daemon, machine, worker(daemon, "shop-a-r1"))
    drain = DrainPrograms(daemon.socket, daemon.include, ("shop-a-r1", "never-was"))
    drain.perform(machine)
    drain.perform(machine)
    assert daemon.state("shop-a-r1") == "STOPPING"
    assert process_is_there(pid)
    assert not daemon.file("shop-a-r1").exists()


def test_drained_program_is_reaped_when_it_has_finished_and_not_before(daemon: Folder, machine: Machine) -> None:
    names = ("shop-a-r1", "shop-a-r2", "blog-a-r1")
    _, kept, _ = start(daemon, machine, *(worker(daemon, name) for name in names))
    DrainPrograms(daemon.socket, daemon.include, ("shop-a-r1", "blog-a-r1")).perform(machine)
    reap = ReapPrograms(daemon.socket, daemon.include, "shop", "/nowhere")
    assert reap.perform(machine) == Reaped(draining=("shop-a-r1",))
    Path(daemon.root, "finish").touch()
    eventually(machine, lambda: daemon.state("shop-a-r1") == "STOPPED" == daemon.state("blog-a-r1"))
    assert reap.perform(machine) == Reaped(reaped=("shop-a-r1",))
    assert reap.perform(machine) == Reaped()
    assert daemon.state("shop-a-r1") == ""
    assert daemon.pid("shop-a-r2") == kept
    assert daemon.state("blog-a-r1") == "STOPPED", "another app's program is not ours to reap"


def test_looking_at_what_drains_has_supervisor_read_nothing(daemon: Folder, machine: Machine) -> None:
    start(daemon, machine, *(worker(daemon, name) for name in ("shop-a-r1", "shop-b-r1")))
    DrainPrograms(daemon.socket, daemon.include, ("shop-a-r1",)).perform(machine)
    daemon.supervisor.stop("shop-b-r1")  # by a person, who keeps its file
    write_programs(machine, daemon.include, (worker(daemon, "new"),))
    found = ReapPrograms(daemon.socket, daemon.include, "shop", "/nowhere").foresee(Overlay(machine))
    assert found == Reaped(draining=("shop-a-r1",))
    with pytest.raises(Failure, match="BAD_NAME"):
        daemon.supervisor.add("new")


def test_program_whose_file_is_gone_and_that_nobody_told_to_end_is_named(
    daemon: Folder, machine: Machine, tmp_path: Path
) -> None:
    """And one of another app, whose name begins as ours, is not."""
    names = ("shop-a-r1", "shop-admin-a-r1", "shop-admin_a")
    pid, *_ = start(daemon, machine, *(worker(daemon, name) for name in names))
    for name in names:
        daemon.file(name).unlink()
    apps = tmp_path / "apps"
    (apps / "shop-admin").mkdir(parents=True)
    reap = ReapPrograms(daemon.socket, daemon.include, "shop", str(apps))
    assert reap.perform(machine) == Reaped(running=("shop-a-r1",))
    assert process_is_there(pid)


def test_program_that_has_ended_already_is_forgotten_and_not_started_again(daemon: Folder, machine: Machine) -> None:
    start(daemon, machine, daemon.shell("shop-a-r1", "echo ready; exec sleep 1000", autorestart=False))
    eventually(machine, lambda: daemon.state("shop-a-r1") == "RUNNING")
    os.kill(daemon.pid("shop-a-r1"), signal.SIGKILL)
    eventually(machine, lambda: daemon.state("shop-a-r1") == "EXITED")
    DrainPrograms(daemon.socket, daemon.include, ("shop-a-r1",)).perform(machine)
    assert daemon.state("shop-a-r1") == ""


def test_program_that_starts_at_this_moment_hears_that_it_is_to_end(daemon: Folder, machine: Machine) -> None:
    """What it is told between its fork and its exec is lost, and Supervisor then waits for an hour."""
    program = daemon.shell("shop-a-r1", "echo ready; exec sleep 1000", patience=3600, start_seconds=0)
    (pid,) = start(daemon, machine, program)
    for _ in range(20):
        os.kill(pid, signal.SIGKILL)
        eventually(machine, lambda before=pid: daemon.pid("shop-a-r1") not in (0, before))  # type: ignore[misc]
        DrainPrograms(daemon.socket, daemon.include, ("shop-a-r1",)).perform(machine)
        eventually(machine, lambda: daemon.state("shop-a-r1") == "STOPPED")
        daemon.supervisor.start("shop-a-r1")
        DrainPrograms(daemon.socket, daemon.include, ("shop-a-r1",)).perform(machine)
        eventually(machine, lambda: daemon.state("shop-a-r1") == "STOPPED")
        daemon.supervisor.start("shop-a-r1")
        pid = daemon.pid("shop-a-r1")


def test_without_a_supervisord_there_is_nothing_to_drain_or_reap(folder: Folder, machine: Machine) -> None:
    folder.file("shop-a-r1").write_text("")
    DrainPrograms(folder.socket, folder.include, ("shop-a-r1",)).perform(machine)
    assert not folder.file("shop-a-r1").exists()
    assert ReapPrograms(folder.socket, folder.include, "shop", "/nowhere").perform(machine) == Reaped()
