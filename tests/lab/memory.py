"""A bound to the memory of who logs in to a host, held by the kernel, which kills where it does not suffice."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.faults import LabError, NoLabHere
from tests.lab.processes import GIVE_UP

HIERARCHY = Path("/sys/fs/cgroup/memory")
"""Of the memory controller of control groups, version 1."""
NAME = "backline-lab-"
DAEMON = "sshd"


@dataclass(frozen=True)
class MemoryBound:
    """A control group below our own, so that whatever bounds us bounds it too."""

    folder: Path

    def set(self, size: int) -> None:
        """From now on all within have so many bytes together, what is read of files included."""
        (self.folder / "memory.force_empty").write_text("0")  # pages of files that nobody uses now
        (self.folder / "memory.limit_in_bytes").write_text(str(size))

    @property
    def killed(self) -> int:
        """How many processes the kernel has killed here for want of memory."""
        words = (self.folder / "memory.oom_control").read_text().split()
        return int(words[words.index("oom_kill") + 1])


@contextmanager
def bounded_logins(init: int) -> Generator[MemoryBound]:
    """The sshd of a host, whose pid 1 the machine knows by this pid, and all that it starts. Raises NoLabHere."""
    ours = _own_group()
    for left in ours.glob(f"{NAME}*"):  # by a run that was killed; the kernel keeps one that is in use
        with suppress(OSError):
            left.rmdir()
    bound = MemoryBound(ours / f"{NAME}{os.getpid()}")
    try:
        bound.folder.mkdir()
    except OSError as error:
        raise NoLabHere(f"no control group of memory can be made below {ours}: {error.strerror}") from error
    daemon = _daemon_of(init)
    try:
        (bound.folder / "cgroup.procs").write_text(daemon)
        yield bound
    finally:
        (ours / "cgroup.procs").write_text(daemon)
        _remove(bound.folder)


def _own_group() -> Path:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return HIERARCHY / path.lstrip("/")
    raise NoLabHere("this machine has no control groups of memory, version 1")


def _daemon_of(init: int) -> str:
    """The machine's pid of the sshd that listens: a child of the host's pid 1."""
    for pid in Path(f"/proc/{init}/task/{init}/children").read_text().split():
        if Path(f"/proc/{pid}/comm").read_text().strip() == DAEMON:
            return pid
    raise LabError(f"pid {init} has no child that is {DAEMON}")


def _remove(folder: Path) -> None:
    """When what was started there has ended."""
    deadline = time.monotonic() + GIVE_UP
    while (folder / "cgroup.procs").read_text():
        if time.monotonic() > deadline:
            raise LabError(f"processes in {folder} do not end")
        time.sleep(0.01)
    folder.rmdir()
