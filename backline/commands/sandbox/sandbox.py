"""The sandbox up, down, anew, and how it is. Says nothing itself: dataclasses out, failures raised. Linux only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from backline.agent.files import attempting, remove_whatever
from backline.commands.sandbox.connection_file import connection_file, write_connection_file
from backline.commands.sandbox.environment import user_name
from backline.commands.sandbox.kernel import boot_id, is_running, process_state
from backline.commands.sandbox.location import Location, check_location, former, locate, remember
from backline.commands.sandbox.processes import (
    PATIENCE,
    FoundProcess,
    find_processes,
    stop_process,
    stop_processes,
    wait_until_gone,
)
from backline.commands.sandbox.records import Memory, ServerRecord, read_record, write_record
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import ConfigurationError, Failure, LockHeld
from backline.resources.supervisor_rpc import Supervisor
from backline.resources.words import counted

UP = "up"
DOWN = "down"
LEFT = "left"
"""Not up, but processes of it run: its server was killed, or answers no more."""

DOWN_HINT = "stop what is left of it with: inv sandbox.down"
SHOWN = 20


@dataclass(frozen=True)
class SandboxStatus:
    """How the sandbox is. Port and pid are 0 where there is no server, or no port is known yet."""

    state: str
    root: Path
    user: str
    pid: int = 0
    ssh_port: int = 0
    site_port: int = 0
    processes: tuple[FoundProcess, ...] = ()
    started: bool = False
    """True where `up` started it, False where it was up already."""
    stopped: tuple[FoundProcess, ...] = ()
    removed: tuple[str, ...] = ()
    """What `reset` ended before, and which of its root's files and folders it removed."""

    @property
    def is_up(self) -> bool:
        return self.state == UP

    @property
    def site_url(self) -> str:
        """Where the site answers once something is deployed."""
        return f"http://127.0.0.1:{self.site_port}/"


@dataclass(frozen=True)
class SandboxStopped:
    """What `down` did; the data stay where they are."""

    root: Path
    stopped: tuple[FoundProcess, ...]


def up(project: Path, inventory_host_vars: Path) -> SandboxStatus:
    """Start the project's sandbox, unless it is up, and write how to reach it beside the host's variables.

    `inventory_host_vars` is the host's own folder, `inventory/host_vars/sandbox`."""
    check_system()
    location = locate(project)
    check_location(location)
    with _alone(location):
        _refuse_second_root(location)
        _refuse_moved(location)
        found = _status(location)
        if found.state == LEFT:
            raise Failure(
                f"processes of a former sandbox run below {location.root}",
                lines=_shown(found.processes),
                hint=DOWN_HINT,
            )
        if found.is_up:
            _remember(location, found.ssh_port, found.site_port or _free_port(), connection_file(inventory_host_vars))
            return _status(location)
        return _start(location, connection_file(inventory_host_vars))


def down(project: Path, patience: float = PATIENCE) -> SandboxStopped:
    """Stop every process of the project's sandbox, whatever became of its server. Its data stay.

    Each has `patience` seconds to end by itself, twice where a supervisord is asked first."""
    check_system()
    location = locate(project)
    if not location.is_ours:
        _refuse_what_is_no_sandbox(location)
        return SandboxStopped(location.root, ())
    with _alone(location):
        return _stop(location, patience)


def reset(project: Path, inventory_host_vars: Path) -> SandboxStatus:
    """Stop the project's sandbox, remove what is in it, and start it empty, with its keys and (where free) ports."""
    check_system()
    location = locate(project)
    check_location(location)
    with _alone(location):
        _refuse_second_root(location)
        _refuse_what_is_no_sandbox(location)
        stopped: tuple[FoundProcess, ...] = ()
        removed: tuple[str, ...] = ()
        if location.is_ours:
            stopped = _stop(location, PATIENCE).stopped
            removed = tuple(_empty(location))
        return replace(_start(location, connection_file(inventory_host_vars)), stopped=stopped, removed=removed)


def status(project: Path) -> SandboxStatus:
    """How the project's sandbox is; changes nothing."""
    check_system()
    return _status(locate(project))


def check_system() -> None:
    """Refuse where there is no /proc and no descriptor of a process: the sandbox could not be stopped for certain."""
    if sys.platform != "linux":
        raise ConfigurationError(
            "the sandbox needs Linux", hint="use a Linux machine or WSL, or put a real host into inventory/hosts.yml"
        )


def _status(location: Location) -> SandboxStatus:
    memory = read_record(location.memory, Memory)
    record = _live_record(location)
    processes = find_processes(location.root) if location.is_ours else ()
    if record is not None and _answers(location, record.port):
        state = UP
    else:
        state = LEFT if processes else DOWN
    return SandboxStatus(
        state=state,
        root=location.root,
        user=user_name(),
        pid=record.pid if record else 0,
        ssh_port=record.port if record else 0,
        site_port=memory.site_port if memory else 0,
        processes=processes,
    )


def _answers(location: Location, port: int) -> bool:
    from backline.commands.sandbox.login import lets_us_in  # Paramiko, which `inv --list` must not pay for

    return lets_us_in(location, port)


def _live_record(location: Location) -> ServerRecord | None:
    """The record of the server, if that very process runs."""
    record = read_record(location.server_record, ServerRecord)
    if record is None or record.boot_id != boot_id() or not is_running(record.pid, record.start_time):
        return None
    return record


def _refuse_second_root(location: Location) -> None:
    """One project has one sandbox: what runs at its former root would be forgotten."""
    earlier = former(location.project) or Location(location.project, location.project / ".backline/sandbox")
    left = find_processes(earlier.root) if earlier.root != location.root else ()
    if left:
        raise Failure(
            f"the sandbox of this project runs at another root, {earlier.root}",
            lines=_shown(left),
            hint=f"stop it first: BACKLINE_SANDBOX_ROOT={earlier.root} inv sandbox.down",
        )


def _refuse_moved(location: Location) -> None:
    """A virtualenv names its own place in every script, so what was deployed elsewhere does not run here."""
    memory = read_record(location.memory, Memory)
    if memory and memory.root not in ("", str(location.root)):
        raise ConfigurationError(
            f"the sandbox was moved: it was made at {memory.root}",
            lines=("What is installed in it names that place, and does not run at another.",),
            hint="begin anew: inv sandbox.reset",
        )


def _refuse_what_is_no_sandbox(location: Location) -> None:
    if location.root.exists() and not location.is_ours:
        raise ConfigurationError(f"{location.root} is not a sandbox", hint="look at BACKLINE_SANDBOX_ROOT")


def _stop(location: Location, patience: float) -> SandboxStopped:
    """Raises Failure with what could not be stopped."""
    found = find_processes(location.root)
    _stop_supervisor(location, patience)
    record = _live_record(location)
    if record is not None:
        stop_process(record.pid, record.start_time, patience)
    late = stop_processes(location.root, patience)
    left = find_processes(location.root)
    memory = read_record(location.memory, Memory)
    if memory is not None:
        Path(memory.connection_file).unlink(missing_ok=True)
    location.server_record.unlink(missing_ok=True)
    if left:
        raise Failure(
            f"{counted(len(left), 'process', 'processes')} of the sandbox could not be stopped",
            lines=_shown(left),
            hint=f"stop them by hand: kill -9 {' '.join(str(process.pid) for process in left)}",
        )
    return SandboxStopped(location.root, tuple(dict.fromkeys((*found, *late))))


def _empty(location: Location) -> Iterator[str]:
    """Remove the host's own files, and name each; what only the sandbox knows, its keys and ports, is kept."""
    for entry in sorted(location.root.iterdir()) if location.root.is_dir() else ():
        if entry != location.own_directory:
            with attempting(f"remove {entry}"):
                for directory, _, _ in os.walk(entry):  # those of a release are not writable
                    os.chmod(directory, 0o700)
                remove_whatever(str(entry))
            yield entry.name


def _start(location: Location, connection: Path) -> SandboxStatus:
    from backline.commands.sandbox.launch import launch, lay_out  # Paramiko, which `inv --list` must not pay for

    earlier = read_record(location.memory, Memory)
    lay_out(location)
    remember(location)
    port = launch(location, earlier.ssh_port if earlier else 0)
    site_port = earlier.site_port if earlier and _is_free(earlier.site_port) else _free_port()
    _remember(location, port, site_port, connection)
    return replace(_status(location), started=True)


def _remember(location: Location, ssh_port: int, site_port: int, connection: Path) -> None:
    earlier = read_record(location.memory, Memory)
    if earlier and earlier.connection_file != str(connection):
        Path(earlier.connection_file).unlink(missing_ok=True)
    write_record(location.memory, Memory(str(connection), ssh_port, site_port, str(location.root)))
    write_connection_file(connection, location, ssh_port, site_port)


def _stop_supervisor(location: Location, patience: float) -> None:
    """Ask the user's supervisord to end its programs and itself; what does not answer or takes long is swept later."""
    supervisor = Supervisor(str(location.supervisor_socket))
    with contextlib.suppress(Failure):
        pid = supervisor.pid
        found = process_state(pid)
        if found is not None:
            supervisor.stop_all()
            supervisor.shutdown()
            wait_until_gone(pid, found.start_time, patience)


@contextlib.contextmanager
def _alone(location: Location) -> Iterator[None]:
    """One `up` or `down` of a project at a time; the kernel lets go of the lock when we end, however that is."""
    location.lock.parent.mkdir(parents=True, exist_ok=True)
    with location.lock.open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockHeld(
                "another inv sandbox.up, .down or .reset of this project runs", hint="wait until it has ended"
            ) from None
        yield


def _shown(processes: tuple[FoundProcess, ...]) -> tuple[str, ...]:
    more = len(processes) - SHOWN
    return (*(str(process) for process in processes[:SHOWN]), *((f"and {more} more",) if more > 0 else ()))


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])
