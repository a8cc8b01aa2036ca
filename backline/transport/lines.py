"""The line below SSH, whatever it is made of: a TCP connection, a channel through a jump host, a command's pipes.

Each keeps the first words that came, since they tell why a server hung up before it spoke SSH.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Protocol

from backline.resources.failure import Unreachable
from backline.transport.stream import LAST_WORDS, Tail
from backline.transport.tcp import FIRST_WORDS, QuickSocket

if TYPE_CHECKING:
    import paramiko

PIECE = 4096


class Line(Protocol):
    """What Paramiko needs of a socket, and what we need to tell how it ended."""

    heard: bytes
    """The first bytes that came."""
    ended: bool
    """The other side has hung up."""

    def recv(self, size: int, /) -> bytes: ...
    def send(self, data: bytes, /) -> int: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...

    def last_words(self) -> str:
        """What whoever carries the line said of its end."""
        ...


class ChannelLine:
    """Through a host on the way."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel
        self.heard = b""
        self.ended = False

    @property
    def _closed(self) -> bool:
        """Paramiko asks this of what should be a socket."""
        return bool(self._channel.closed)

    def recv(self, size: int, /) -> bytes:
        data = self._channel.recv(size)
        self.ended = not data
        if len(self.heard) < FIRST_WORDS:
            self.heard += data
        return data

    def send(self, data: bytes, /) -> int:
        return self._channel.send(data)

    def settimeout(self, seconds: float | None, /) -> None:
        self._channel.settimeout(seconds)

    def shutdown(self, how: int, /) -> None:
        self._channel.shutdown(how)

    def close(self) -> None:
        with contextlib.suppress(OSError, EOFError):  # the hop may have gone before
            self._channel.close()

    def last_words(self) -> str:
        return ""


class CommandLine(QuickSocket):
    """ProxyCommand: a process of ours whose standard input and output are the line. A session of its own, so that a
    Ctrl-C that a run survives does not cut it."""

    def begin(self, command: str, end: socket.socket) -> None:
        """Start it at the other end of our pair of sockets. Raises Unreachable."""
        self._errors = Tail()
        with end:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                stdin=end.fileno(),
                stdout=end.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self._drain = threading.Thread(target=self._drain_errors, name="stderr of ProxyCommand", daemon=True)
        self._drain.start()

    def last_words(self) -> str:
        self._drain.join(LAST_WORDS)
        return self._errors.text()

    def close(self) -> None:
        super().close()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def _drain_errors(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as errors:
            while data := os.read(errors.fileno(), PIECE):
                self._errors.add(data)
        self._process.wait()


def open_command(command: str) -> CommandLine:
    """The line that a command carries. Raises Unreachable."""
    ours, theirs = socket.socketpair()
    line = CommandLine(ours.family, ours.type, ours.proto, ours.detach())
    try:
        line.begin(command, theirs)
    except OSError as error:
        raise Unreachable(f"the ProxyCommand could not be started: {error.strerror}") from error
    return line
