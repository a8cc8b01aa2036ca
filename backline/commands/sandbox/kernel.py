"""What /proc tells of processes: who they are beyond their number, and whether they are gone."""

from __future__ import annotations

import os
from collections.abc import Iterator

from backline.resources.dataclass import dataclass


@dataclass(frozen=True)
class ProcessState:
    """A process as /proc/PID/stat has it; `start_time` tells it from a later one with the same pid."""

    pid: int
    parent: int
    session: int
    terminal: int
    """The number of its controlling terminal, 0 for none."""
    start_time: int
    """Clock ticks since the boot."""
    is_zombie: bool


def process_state(pid: int) -> ProcessState | None:
    """The process, or None if there is none. A zombie is gone too for most purposes: some PID 1 never reap."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return ProcessState(
        pid=pid,
        parent=int(fields[1]),
        session=int(fields[3]),
        terminal=int(fields[4]),
        start_time=int(fields[19]),
        is_zombie=fields[0] in (b"Z", b"X"),
    )


def is_running(pid: int, start_time: int) -> bool:
    """Whether that very process is still there and no zombie."""
    found = process_state(pid)
    return found is not None and not found.is_zombie and found.start_time == start_time


def own_processes() -> Iterator[int]:
    """The pids of all processes of this user."""
    user = os.getuid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == user:
                    yield int(name)
            except OSError:
                continue


def ancestors(pid: int) -> frozenset[int]:
    """A process and all that it descends from."""
    line: set[int] = set()
    while pid and pid not in line:
        line.add(pid)
        found = process_state(pid)
        pid = found.parent if found else 0
    return frozenset(line)


def boot_id() -> str:
    """This boot of the machine; pids and start times mean nothing in another."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()
