"""A supervisord of the user's own: started, left alone, started again, and not confused with one that is ending."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.resources.failure import ConfigurationError, Failure
from backline.resources.supervisord import OwnSupervisord

from .conftest import Folder, eventually, process_is_there

STARTS_ONE = """
import sys
from backline.agent.machine import Machine
from backline.resources.supervisord import OwnSupervisord
from tests.host.supervisor.conftest import Listener
OwnSupervisord(*sys.argv[1:]).converge(Machine(Listener()))
print("answers", flush=True)
sys.stdin.read()
"""


def own(folder: Folder) -> OwnSupervisord:
    return OwnSupervisord(folder.executable, folder.configuration, folder.socket)


def test_absent_one_is_started_and_then_left_alone(folder: Folder, machine: Machine) -> None:
    assert [one.attribute for one in own(folder).differences(machine)] == ["state"]
    own(folder).converge(machine)
    assert list(own(folder).differences(machine)) == []


def test_one_that_was_killed_is_started_again_in_spite_of_its_leftovers(folder: Folder, machine: Machine) -> None:
    own(folder).converge(machine)
    pid = folder.supervisor.pid
    os.kill(pid, signal.SIGKILL)
    eventually(machine, lambda: not process_is_there(pid))
    assert Path(folder.socket).exists()
    own(folder).converge(machine)
    assert folder.supervisor.pid != pid


def test_it_outlives_the_agent_that_started_it_and_holds_none_of_its_descriptors(
    folder: Folder, machine: Machine
) -> None:
    agent = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, folder.executable, folder.configuration, folder.socket],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert agent.stdout is not None
    assert agent.stdout.readline() == b"answers\n"
    agent.kill()
    agent.wait()
    assert agent.stdout.read() == b"", "the pipe ends with the agent, so the daemon does not hold it"
    pid = folder.supervisor.pid
    assert os.getsid(pid) != os.getsid(0)
    assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)} == {"/dev/null"}


def test_next_one_waits_for_the_end_of_one_that_shuts_down(folder: Folder, machine: Machine) -> None:
    folder.file("slow").write_text("[program:slow]\ncommand=/bin/sh -c \"trap '' TERM; while :; do sleep 0.1; done\"\n")
    own(folder).converge(machine)
    eventually(machine, lambda: folder.state("slow") == "RUNNING")
    pid, slow = folder.supervisor.pid, folder.pid("slow")
    folder.supervisor.shutdown()
    assert [one.before for one in own(folder).differences(machine)] == ["SHUTDOWN"]
    os.kill(slow, signal.SIGKILL)
    own(folder).converge(machine)
    assert not process_is_there(pid)
    assert folder.supervisor.pid != pid


def test_one_that_lost_its_socket_is_named_and_no_second_one_started(folder: Folder, machine: Machine) -> None:
    own(folder).converge(machine)
    folder.pids.append(folder.supervisor.pid)
    Path(folder.socket).unlink()
    with pytest.raises(Failure, match=f"pid {folder.pids[0]}") as failure:
        own(folder).converge(machine)
    assert f"kill {folder.pids[0]}" in failure.value.hint


def test_configuration_that_it_refuses_fails_in_its_own_words(folder: Folder, machine: Machine) -> None:
    folder.file("broken").write_text("[program:broken]\ncommand=echo 100%\n")
    with pytest.raises(Failure, match="supervisord does not start") as failure:
        own(folder).converge(machine)
    assert "broken.conf" in "".join(failure.value.lines)


def test_socket_whose_path_is_too_long_is_refused_before_anything_starts(folder: Folder, machine: Machine) -> None:
    with pytest.raises(ConfigurationError, match="more than 99"):
        replace(own(folder), socket="/" + "x" * 99).converge(machine)
