"""A pseudo-terminal for one command: its size, and how a command gets it as its controlling terminal."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import threading
from collections.abc import Sequence

from backline.resources.dataclass import dataclass

TAKE_TERMINAL = 'exec 0<>"$1" 1>&0 2>&0; shift; exec "$@"'
"""A leader of a session that opens a terminal gets it as its controlling one; so no code of ours runs after a fork."""


@dataclass(frozen=True)
class TerminalRequest:
    """What the client said of its own terminal."""

    kind: str
    columns: int
    rows: int


class Terminal:
    """Both ends of a pseudo-terminal. Ours of the slave stays open, or the master would end between two writers."""

    def __init__(self, request: TerminalRequest) -> None:
        self.master, self._slave = os.openpty()
        self.path = os.ttyname(self._slave)
        self._lock = threading.Lock()
        self._open = True
        self.resize(request.columns, request.rows)

    def command(self, argv: Sequence[str | bytes]) -> tuple[str | bytes, ...]:
        """An argv that runs `argv` on this terminal; to be started as the leader of a session."""
        return ("/bin/sh", "-c", TAKE_TERMINAL, "sh", self.path, *argv)

    def resize(self, columns: int, rows: int) -> None:
        """Set the size; the kernel tells the command's foreground group by SIGWINCH."""
        with self._lock:
            if self._open:
                fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """Hang up: the kernel sends SIGHUP to whoever still has the terminal."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._slave)
                os.close(self.master)
