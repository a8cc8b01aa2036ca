"""An agent on this machine: a child process in a session of its own, spoken to over a pair of sockets."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence

from backline.resources.failure import Unreachable
from backline.transport.stream import LAST_WORDS, Tail

PIECE = 64 * 1024


def open_local(command: Sequence[str], environment: Mapping[str, str] | None = None) -> LocalStream:
    """Start `command` here. Its environment is ours unless one is given."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                env=None if environment is None else dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise Unreachable(f"{command[0]} could not be started: {error.strerror}") from error
    return LocalStream(process, ours)


class LocalStream:
    """Sockets and not pipes: shutting one down wakes a reader in another thread, which closing a pipe does not."""

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self._process = process
        self._line = line
        self.errors = Tail()
        self._ending = threading.Thread(target=self._drain_and_reap, name=f"stderr of {process.pid}", daemon=True)
        self._ending.start()

    def write(self, data: bytes | memoryview) -> None:
        """See Stream."""
        self._line.sendall(data)

    def read(self, size: int) -> bytes:
        """See Stream."""
        try:
            return self._line.recv(size)
        except OSError:
            return b""

    def close(self) -> None:
        """See Stream. The process sees the end of its input, and leaves by itself as it would after a connection."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def error_output(self) -> str:
        """See Stream."""
        self._ending.join(LAST_WORDS if self._process.poll() is not None else 0)
        return self.errors.text()

    def exit_code(self) -> int | None:
        """See Stream; negative: the signal that ended it."""
        try:
            return self._process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            return None

    def _drain_and_reap(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as errors:
            while data := os.read(errors.fileno(), PIECE):
                self.errors.add(data)
        self.errors.end()
        self._process.wait()
