"""An agent on a host over SSH: one connection, one channel, one exec; then bytes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import paramiko

from backline.resources.failure import Unreachable
from backline.transport.access import Access
from backline.transport.connection import SSHConnection
from backline.transport.flight import Flight, FlightLost
from backline.transport.stream import LAST_WORDS, UNNAMED_SIGNAL, Tail, begin_with

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings

PIECE = 32 * 1024
"""An SSH packet; what is longer Paramiko copies once for every packet that it cuts off."""


def open_ssh(settings: ConnectionSettings, command: str, access: Access | None = None, first: bytes = b"") -> SSHStream:
    """Connect and run `command`, which the login shell of the user parses; `first` is its first input, and leaves with
    it where that can be. Raises Unreachable."""
    access = access or Access()
    if settings.one_flight:
        try:
            return _opened(settings, command, access, first, Flight(command, first))
        except FlightLost:
            pass  # once more, by the way that always works
    return _opened(settings, command, access, first)


def _opened(
    settings: ConnectionSettings, command: str, access: Access, first: bytes, flight: Flight | None = None
) -> SSHStream:
    connection = SSHConnection(settings, access, flight)
    try:
        channel = flight.landed() if flight is not None else None
        if flight is not None and channel is not None:
            first = first[flight.carried :]
        else:
            channel = connection.open_channel()
            channel.exec_command(command)
    except (paramiko.SSHException, EOFError, OSError) as error:
        connection.close()
        raise Unreachable(f"logged in, but {settings.host} runs no commands: {error}") from error
    except BaseException:
        connection.close()
        raise
    return begin_with(SSHStream(connection, channel), first)


class SSHStream:
    """A thread drains standard error, so that it never fills the window that it shares with standard output."""

    def __init__(self, connection: SSHConnection, channel: paramiko.Channel) -> None:
        self._connection = connection
        self._channel = channel
        self.errors = Tail()
        self._drain = threading.Thread(target=self._drain_errors, name="stderr over ssh", daemon=True)
        self._drain.start()

    def write(self, data: bytes | memoryview) -> None:
        """See Stream; blocks on the channel's window."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._send(bytes(rest[:PIECE])) :]

    def _send(self, piece: bytes) -> int:
        try:
            sent = self._channel.send(piece)
        except (EOFError, paramiko.SSHException) as error:  # Paramiko's words for a line that is cut
            raise BrokenPipeError(f"the connection ended: {error}") from error
        if not sent:
            raise BrokenPipeError("the channel is closed")
        return sent

    def read(self, size: int) -> bytes:
        """See Stream."""
        try:
            return self._channel.recv(size)
        except OSError:
            return b""

    def close(self) -> None:
        """See Stream."""
        self._connection.close()

    def error_output(self) -> str:
        """See Stream."""
        if self._channel.eof_received or self._channel.closed:
            self._drain.join(LAST_WORDS)
        return self.errors.text()

    def exit_code(self) -> int | None:
        """See Stream. Paramiko does not hand on which signal it was; but a server that tells the end of the output, and
        no exit code, has seen one. A connection that is lost tells neither."""
        self._channel.status_event.wait(LAST_WORDS)
        if self._channel.exit_status >= 0:
            return self._channel.exit_status
        return UNNAMED_SIGNAL if self._channel.eof_received and self._channel.closed else None

    def _drain_errors(self) -> None:
        while data := self._channel.recv_stderr(PIECE):
            self.errors.add(data)
        self.errors.end()
