"""A service that no deploy touches: made, left alone, vandalised, mended; and its handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backline.agent.events import Event
from backline.agent.machine import Machine
from backline.resources.actions.require_readable import RequireReadable
from backline.resources.actions.restart_program import RestartProgram
from backline.resources.actions.signal_program import SignalProgram
from backline.resources.failure import ConfigurationError, Failure
from backline.resources.service import Service
from backline.resources.supervisor_rpc import Unreadable

from .conftest import Folder, Listener, eventually, process_is_there

Vandalism = Callable[[Folder, Machine], object]


def service(folder: Folder, *command: str) -> Service:
    program = folder.program("nginx", *(command or ("/bin/sleep", "1000")))
    return Service(program, folder.socket, folder.include, folder.python)


def found(service: Service, machine: Machine) -> set[str]:
    return {difference.attribute for difference in service.differences(machine)}


def test_absent_service_is_made_and_then_left_alone(daemon: Folder, machine: Machine) -> None:
    nginx = service(daemon)
    assert found(nginx, machine) == {"content", "state"}
    nginx.converge(machine)
    pid = daemon.pid("nginx")
    assert found(nginx, machine) == set()
    assert daemon.pid("nginx") == pid


def remove_file(folder: Folder, machine: Machine) -> None:
    folder.file("nginx").unlink()


def change_file(folder: Folder, machine: Machine) -> None:
    folder.file("nginx").write_text("[program:nginx]\ncommand=/bin/false\n")


def change_mode(folder: Folder, machine: Machine) -> None:
    folder.file("nginx").chmod(0o666)


def stop(folder: Folder, machine: Machine) -> None:
    folder.supervisor.stop("nginx")
    eventually(machine, lambda: folder.state("nginx") == "STOPPED")


def forget(folder: Folder, machine: Machine) -> None:
    stop(folder, machine)
    folder.supervisor.remove("nginx")


def load_another(folder: Folder, machine: Machine) -> None:
    """A run that died between writing the file and telling Supervisor."""
    meant = folder.file("nginx").read_text()
    forget(folder, machine)
    folder.file("nginx").write_text("[program:nginx]\ncommand=/bin/sleep 3000\n")
    folder.supervisor.reload_configuration()
    folder.supervisor.add("nginx")
    eventually(machine, lambda: folder.state("nginx") == "RUNNING")
    folder.file("nginx").write_text(meant)


def break_file(folder: Folder, machine: Machine) -> None:
    """No file can be read by Supervisor then."""
    folder.file("nginx").write_text("[program:nginx\n")


@pytest.mark.parametrize("vandalism", [remove_file, change_file, break_file, change_mode, stop, forget, load_another])
def test_service_is_mended(daemon: Folder, machine: Machine, vandalism: Vandalism) -> None:
    nginx = service(daemon)
    nginx.converge(machine)
    vandalism(daemon, machine)
    assert found(nginx, machine)
    nginx.converge(machine)
    assert found(nginx, machine) == set()
    assert b"1000" in Path(f"/proc/{daemon.pid('nginx')}/cmdline").read_bytes()


def test_another_service_s_broken_file_is_left_to_it_and_told_where_nobody_mends_it(
    daemon: Folder, machine: Machine
) -> None:
    nginx = service(daemon)
    nginx.converge(machine)
    daemon.file("other").write_text("[program:other\n")
    assert found(nginx, machine) == set()
    with pytest.raises(Unreadable, match="no section headers") as refused:
        RequireReadable(daemon.socket).perform(machine)
    assert str(daemon.file("other")) in refused.value.told


def test_changed_program_is_restarted_as_its_file_says(daemon: Folder, machine: Machine) -> None:
    service(daemon).converge(machine)
    before = daemon.pid("nginx")
    changed = service(daemon, "/bin/sleep", "2000")
    assert found(changed, machine) == {"content"}
    changed.converge(machine)
    assert not process_is_there(before)
    assert found(changed, machine) == set()


class WhileItRuns:
    """A controller that notes what it is told while a process is there, and what afterwards."""

    gone = False

    def __init__(self, wake: int, pid: int) -> None:
        self.wake = wake
        self.pid = pid
        self.told: list[tuple[bool, str]] = []

    def send_event(self, event: Event) -> None:
        self.told.append((process_is_there(self.pid), event.text))


def test_a_pause_of_what_serves_is_told_before_it(daemon: Folder, machine: Machine, listener: Listener) -> None:
    service(daemon).converge(machine)
    watcher = WhileItRuns(listener.wake, daemon.pid("nginx"))
    service(daemon, "/bin/sleep", "2000").converge(Machine(watcher))
    ((there, text),) = watcher.told
    assert there
    assert text.startswith("nginx is stopped and started anew")


@pytest.mark.parametrize("vandalism", [stop, change_mode])
def test_where_nothing_that_runs_is_stopped_nothing_is_told(
    daemon: Folder, machine: Machine, listener: Listener, vandalism: Vandalism
) -> None:
    service(daemon).converge(machine)
    vandalism(daemon, machine)
    command = ("/bin/sleep", "2000") if vandalism is stop else ()
    service(daemon, *command).converge(machine)
    assert listener.events == []


def test_service_that_dies_fails_with_its_last_words(daemon: Folder, machine: Machine) -> None:
    dying = service(daemon, "/bin/sh", "-c", "echo cannot bind; exit 1")
    with pytest.raises(Failure, match="nginx does not stay up") as failure:
        dying.converge(machine)
    assert failure.value.lines[-1] == "cannot bind"


def test_file_that_the_parser_refuses_leaves_the_old_one_in_place_and_running(daemon: Folder, machine: Machine) -> None:
    nginx = service(daemon)
    nginx.converge(machine)
    before, pid = daemon.file("nginx").read_text(), daemon.pid("nginx")
    with pytest.raises(Failure, match="refuses the new content") as failure:
        replace(nginx, program=replace(nginx.program, user="nobody-of-that-name")).converge(machine)
    assert "nobody-of-that-name" in "".join(failure.value.lines)
    assert (daemon.file("nginx").read_text(), daemon.pid("nginx")) == (before, pid)


def test_what_no_file_can_carry_is_refused_while_looking(daemon: Folder, machine: Machine) -> None:
    with pytest.raises(ConfigurationError, match="newline"):
        found(service(daemon, "/bin/echo", "a\nb"), machine)


def test_without_a_supervisord_looking_tells_what_is_missing(folder: Folder, machine: Machine) -> None:
    assert found(service(folder), machine) == {"content", "state"}


def test_restart_gives_another_process(daemon: Folder, machine: Machine) -> None:
    service(daemon).converge(machine)
    before = daemon.pid("nginx")
    RestartProgram(daemon.socket, "nginx").perform(machine)
    assert not process_is_there(before)
    assert daemon.state("nginx") == "RUNNING"


def test_restart_of_what_is_not_known_fails(daemon: Folder, machine: Machine) -> None:
    with pytest.raises(Failure, match="BAD_NAME"):
        RestartProgram(daemon.socket, "nothing").perform(machine)


def test_signal_reaches_the_process(daemon: Folder, machine: Machine) -> None:
    script = "trap 'echo heard' HUP; echo ready; while :; do sleep 0.02; done"
    listening = service(daemon, "/bin/sh", "-c", script)
    listening.converge(machine)
    log = Path(listening.program.log_file)
    eventually(machine, lambda: "ready" in log.read_text())
    SignalProgram(daemon.socket, "nginx", "HUP").perform(machine)
    eventually(machine, lambda: "heard" in log.read_text())


def test_signal_to_what_does_not_run_fails(daemon: Folder, machine: Machine) -> None:
    with pytest.raises(Failure, match="it does not run"):
        SignalProgram(daemon.socket, "nginx", "HUP").perform(machine)
