"""Somebody who sits at a terminal in which a command of ours runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import termios
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 120.0


@dataclass
class Person:
    """`seen` is all that the terminal has shown."""

    master: int
    pid: int
    seen: bytes = b""

    def waits_for(self, words: bytes) -> None:
        deadline = time.monotonic() + DEADLINE
        while words not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self.seen += os.read(self.master, 65536)

    def types(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def resizes(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def sees_it_end(self) -> int:
        """The exit code."""
        with contextlib.suppress(OSError):  # Linux's word for the end of a terminal
            while data := os.read(self.master, 65536):
                self.seen += data
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@contextlib.contextmanager
def sitting_at(
    command: list[str], folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Generator[Person]:
    """Run a command there."""
    variables = {**os.environ, **(environment or {})}
    pid, master = pty.fork()
    if pid == 0:
        if folder is not None:
            os.chdir(folder)
        os.execve(command[0], command, variables)
    try:
        yield Person(master, pid)
    finally:
        os.close(master)
