"""Processes that outlive whoever starts them: known by pid and start time, and ended by exactly that."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.faults import LabError

GIVE_UP = 120.0
"""Seconds that a killed process may take to be gone."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NO_SURPRISES = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Process:
    """One process for good: the kernel gives a pid again, but not with the same start time (ticks since boot)."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether it runs; a zombie does not."""
        return start_time(self.pid) == self.started

    def end(self) -> None:
        """Kill it and wait until it is gone. Never kills a later process that was given the same pid."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if self.alive:  # looked at after the handle was taken, so the handle is of this very process
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                if not select.select([handle], [], [], GIVE_UP)[0]:
                    raise LabError(f"process {self.pid} was killed and is still there after {GIVE_UP:.0f} seconds")
        finally:
            os.close(handle)
            with contextlib.suppress(ChildProcessError):  # a child of somebody else is reaped by them
                os.waitpid(self.pid, os.WNOHANG)


def start_time(pid: int) -> int | None:
    """When the kernel started this process, None where none runs."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def running(pid: int) -> Process:
    """The process that has this pid now. Raises LabError where none has."""
    started = start_time(pid)
    if started is None:
        raise LabError(f"process {pid} ended at once")
    return Process(pid, started)


def this_process() -> Process:
    return running(os.getpid())


def start(
    command: Sequence[str], log: Path, noted: Callable[[Process], None], environment: Mapping[str, str] = NO_SURPRISES
) -> Process:
    """Start a program in a session of its own and in no folder of ours; what it says goes into `log`.

    It waits until `noted` has returned: if we die before that, nothing was begun that nobody knows of."""
    when_told = ("/bin/sh", "-c", 'cd / && read -r go && exec "$@" </dev/null', "sh", *command)
    told, tell = os.pipe()
    try:
        pid = os.posix_spawn(
            when_told[0],
            when_told,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, told, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        process = running(pid)
        noted(process)
        os.write(tell, b"go\n")
    finally:
        os.close(told)
        os.close(tell)
    return process
