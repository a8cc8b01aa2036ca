"""A real supervisord on a short path, and the machine that speaks to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from backline.agent.events import Event
from backline.agent.machine import Machine
from backline.resources.failure import Failure
from backline.resources.program import Program
from backline.resources.supervisor_rpc import Supervisor

SECONDS = 120.0


class Listener:
    """A controller that stays, and keeps what it is told."""

    gone = False

    def __init__(self) -> None:
        self.wake, self.other_end = os.pipe()
        self.events: list[Event] = []

    def send_event(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        os.close(self.wake)
        os.close(self.other_end)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def machine(listener: Listener) -> Machine:
    return Machine(listener)


def eventually(machine: Machine, true: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not become so"
        machine.pause(0.02)


def process_is_there(pid: int) -> bool:
    """A zombie counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class Folder:
    """Where one supervisord lives. A short path, as its socket's name must stay under 99 bytes."""

    root: Path
    python: str = sys.executable
    pids: list[int] = field(default_factory=list)

    @property
    def socket(self) -> str:
        return f"{self.root}/supervisor.sock"

    @property
    def include(self) -> str:
        return f"{self.root}/conf.d"

    @property
    def configuration(self) -> str:
        return f"{self.root}/supervisord.conf"

    @property
    def executable(self) -> str:
        return str(Path(sys.executable).with_name("supervisord"))

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.socket)

    def prepare(self) -> None:
        Path(self.include).mkdir()
        Path(self.configuration).write_text(
            f"[unix_http_server]\nfile={self.socket}\n[supervisord]\nlogfile={self.root}/supervisord.log\n"
            f"pidfile={self.root}/supervisord.pid\n[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
            "[include]\nfiles=conf.d/*.conf\n"
        )

    def program(self, name: str, *command: str, **changes: object) -> Program:
        plain = Program(
            name,
            command=command or ("/bin/sleep", "1000"),
            directory=str(self.root),
            log_file=f"{self.root}/{name}.log",
            start_seconds=0 if not command else 1,
        )
        return replace(plain, **changes)  # type: ignore[arg-type]

    def shell(self, name: str, script: str, **changes: object) -> Program:
        return self.program(name, "/bin/sh", "-c", script, **changes)

    def file(self, name: str) -> Path:
        return Path(self.include, f"{name}.conf")

    def state(self, name: str) -> str:
        found = self.supervisor.process(name)
        return found.state if found else ""

    def pid(self, name: str) -> int:
        found = self.supervisor.process(name)
        return found.pid if found else 0

    def end(self, machine: Machine) -> None:
        """Kill what runs here, and then the daemon, by pid."""
        try:
            daemon = self.supervisor.pid
            pids = [found.pid for found in self.supervisor.processes() if found.pid]
        except Failure:
            daemon, pids = 0, []
        for pid in (*self.pids, *([daemon] if daemon else [])):
            _kill(os.kill, pid)
        for pid in pids:
            _kill(os.killpg, pid)
        eventually(machine, lambda: not any(process_is_there(pid) for pid in (*self.pids, daemon, *pids) if pid))


def _kill(how: Callable[[int, int], None], pid: int) -> None:
    try:
        how(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture
def folder(machine: Machine) -> Iterator[Folder]:
    """A folder without a supervisord; what is started there is ended afterwards."""
    root = Path(tempfile.mkdtemp(prefix="bl-")).resolve()
    folder = Folder(root)
    folder.prepare()
    yield folder
    folder.end(machine)
    shutil.rmtree(root)


@pytest.fixture
def daemon(folder: Folder, machine: Machine) -> Iterator[Folder]:
    """A folder with a supervisord that answers."""
    process = subprocess.Popen(
        [folder.executable, "-n", "-c", folder.configuration],
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "ONLY_THE_DAEMON_KNOWS": "1000"},
    )

    def answers() -> bool:
        try:
            return folder.supervisor.state() == "RUNNING"
        except Failure:
            return False

    eventually(machine, answers)
    yield folder
    folder.end(machine)
    process.kill()
    process.wait()
