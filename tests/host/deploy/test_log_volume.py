"""Many lines from several programs under Supervisor, through rotation and restarts: each is shown once, in its order.

`make soak` does the same with 100 MB that are there already and 10,000 lines a second, and prints what was reached."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from backline.commands.sandbox.processes import find_processes
from backline.resources.program import Program
from backline.resources.supervisor_file import rendered
from backline.resources.supervisor_rpc import Supervisor
from tests.host.deploy.project import CHECKOUT, Project
from tests.host.deploy.test_looking import agents, wait_for

NAMES = ("chatter-a", "chatter-b", "chatter-c")
RESTARTS = 2
MOST_MEMORY = 150
"""MB that following may take at either end, whatever there is to be read."""


@pytest.fixture(scope="module")
def deployed(small: Project) -> Project:
    return small


@dataclass(frozen=True)
class Size:
    """How much: lines of each program at once, lines a second of each, lines of each before the next restart."""

    burst: int
    rate: int
    lines: int
    log_bytes: int
    backups: int


SMALL = Size(burst=1_000, rate=500, lines=2_300, log_bytes=128 * 1024, backups=20)
SOAK = Size(burst=370_000, rate=3_400, lines=400_000, log_bytes=20 * 1024 * 1024, backups=12)
SIZE = SOAK if os.environ.get("BACKLINE_SOAK") else SMALL


@dataclass
class Seen:
    """What was shown: how far each run of a program has come, and whatever was not the next line."""

    stream: IO[str]
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    ended: dict[tuple[str, str], int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    count: int = 0
    bytes: int = 0

    def read(self) -> None:
        for line in self.stream:
            text = json.loads(line)["text"]
            words = text.split()
            if words and words[0] in NAMES:
                self.bytes += len(text) + 1
                self.take(words)

    def take(self, words: list[str]) -> None:
        name, pid, number = words[:3]
        run = name, pid
        self.count += 1
        if number == "end":
            self.ended[run] = int(words[3])
        elif int(number) != self.numbers.get(run, 0):
            self.wrong.append(f"{name} {number} instead of {self.numbers.get(run, 0)}")
        else:
            self.numbers[run] = int(number) + 1

    def has(self, runs: int, lines: int) -> bool:
        """Whether each program's latest of so many runs has come so far."""
        return len(self.numbers) == runs and min(list(self.numbers.values())[-len(NAMES) :]) >= lines


@pytest.fixture
def supervisor(deployed: Project) -> Iterator[Supervisor]:
    """The sandbox's, with the three programs running."""
    root = Path(deployed.environment["BACKLINE_SANDBOX_ROOT"])
    socket = next(root.rglob("supervisor.sock"))
    include = socket.with_name("supervisor.d")
    supervisor = Supervisor(str(socket))
    for name in NAMES:
        (include / f"{name}.conf").write_text(rendered(chatter(name, root)))
    supervisor.reload_configuration()
    for name in NAMES:
        supervisor.add(name)
        supervisor.start(name)
    yield supervisor
    for name in NAMES:
        stop(supervisor, name)
        supervisor.remove(name)
        (include / f"{name}.conf").unlink()
    supervisor.reload_configuration()


def chatter(name: str, root: Path) -> Program:
    script = CHECKOUT / "tests" / "host" / "deploy" / "chatter.py"
    return Program(
        name,
        command=(sys.executable, str(script), name, str(SIZE.burst), str(SIZE.rate)),
        directory=str(root),
        log_file=str(root / f"{name}.log"),
        start_seconds=0,
        autostart=False,
        log_bytes=SIZE.log_bytes,
        log_backups=SIZE.backups,
    )


def stop(supervisor: Supervisor, name: str) -> None:
    """Ask for it and wait for its end."""

    def ended() -> bool:
        found = supervisor.process(name)
        return found is None or found.ended

    if not ended():
        supervisor.stop(name)
    wait_for(ended)


def peak(pid: int) -> int:
    """The most memory that a process ever had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def test_no_line_is_lost_or_shown_twice(deployed: Project, supervisor: Supervisor) -> None:
    root = Path(deployed.environment["BACKLINE_SANDBOX_ROOT"])
    if SIZE is SOAK:
        wait_for(lambda: sum(file.stat().st_size for file in root.glob("chatter-*.log*")) > 100_000_000)
    process = deployed.start("logs", "--json", "-n", "10000000")
    assert process.stdout is not None
    seen = Seen(process.stdout)
    begun = time.monotonic()
    reader = threading.Thread(target=seen.read)
    reader.start()
    for restarts in range(RESTARTS + 1):
        wait_for(lambda: seen.has(runs=(restarts + 1) * len(NAMES), lines=SIZE.lines) or seen.wrong != [])  # noqa: B023
        for name in NAMES:
            stop(supervisor, name)
            if restarts < RESTARTS:
                supervisor.start(name)
    wait_for(lambda: len(seen.ended) == (RESTARTS + 1) * len(NAMES) or seen.wrong != [])
    seconds, memory = time.monotonic() - begun, peak(process.pid)
    (agent,) = (found.pid for found in find_processes(root) if " -I -S -c " in found.command)
    on_host = peak(agent)
    process.send_signal(signal.SIGINT)
    reader.join()
    assert process.stderr is not None
    assert (process.wait(), process.stderr.read(), seen.wrong[:5]) == (0, "", [])
    assert seen.numbers == seen.ended
    rotated = len(list(root.glob("chatter-*.log.*")))
    assert rotated > len(NAMES), "nothing was rotated"
    wait_for(lambda: agents(deployed) == [])
    assert max(memory, on_host) < MOST_MEMORY, "what is held grows with what is read"
    print(
        f"\n{seen.count} lines, {seen.bytes / 1e6:.0f} MB, in {seconds:.1f} s, {seen.count / seconds:.0f} a second;"
        f" at most {memory} MB in inv, {on_host} MB in the agent on the host; {rotated} files by rotation"
    )
