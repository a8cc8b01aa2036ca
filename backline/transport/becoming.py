"""A command on a host as whom the settings say, its output freed of what the login shell printed before it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from backline.resources.failure import Unreachable
from backline.transport.become import asks, becomes, elevated, refusal, started
from backline.transport.opening import open_stream
from backline.transport.stream import AttendedStream, Stream, begin_with

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access

PATIENCE = 30.0
"""Seconds that sudo or su may take to ask, or to say yes or no: a deadline (a wrong password costs two)."""
NOISE_KEPT = 2048
"""Bytes kept of what a login shell printed; it is told where the command does not start."""


def open_as(settings: ConnectionSettings, command: str, access: Access | None = None, first: bytes = b"") -> Stream:
    """Run a shell command, and give its standard input, beginning with `first`, and output. Raises Unreachable, also
    where sudo says no to a password; another refusal of it is what the stream ends with (see `become.refusal`)."""
    marker = f"backline-{secrets.token_hex(8)}"
    if not becomes(settings):
        return StartedStream(open_stream(settings, started(command, marker), access, first), marker)
    elevating = elevated(settings, command, marker)
    if settings.become_password is None:
        return StartedStream(open_stream(settings, elevating, access, first), marker)
    stream = open_stream(settings, elevating, access)  # the first input is for whoever asks for the password
    try:
        _give_password(stream, settings, marker)
    except BaseException:
        stream.close()
        raise
    return StartedStream(begin_with(stream, first), marker)


def _give_password(stream: AttendedStream, settings: ConnectionSettings, marker: str) -> None:
    """Wait until it is asked for, or until nobody asks; then give it, once."""
    assert settings.become_password is not None
    begun = f"{marker}\n".encode()

    def heard(said: bytes) -> bool:
        return said.endswith(begun) or asks(settings, marker, said)

    said = stream.errors.take_until(heard, PATIENCE)
    if said is None:
        return  # it has ended, or says nothing: whoever reads the stream finds that out, with its words
    if said.endswith(begun):
        return
    try:
        stream.write(f"{settings.become_password.reveal()}\n".encode())
    except OSError:
        return
    said = stream.errors.take_until(heard, PATIENCE)
    if said is not None and not said.endswith(begun):
        lines = said.decode("utf-8", "replace").splitlines()
        known = refusal(settings, settings.user or "the login", lines)
        raise known or Unreachable("the password was asked for a second time", lines=tuple(lines[:-1]))


class StartedStream:
    """A stream from the marker on. What came before is told beside the errors, until the command has begun."""

    def __init__(self, stream: Stream, marker: str) -> None:
        self._stream = stream
        self._marker = f"{marker}\n".encode()
        self._before = b""
        self._begun = False

    def write(self, data: bytes | memoryview) -> None:
        """See Stream."""
        self._stream.write(data)

    def read(self, size: int) -> bytes:
        """See Stream."""
        while not self._begun:
            data = self._stream.read(size)
            if not data:
                return b""
            noise, marker, rest = (self._before + data).partition(self._marker)
            self._begun = bool(marker)
            self._before = noise[-NOISE_KEPT:]
            if rest:
                return rest
        return self._stream.read(size)

    def close(self) -> None:
        """See Stream."""
        self._stream.close()

    def error_output(self) -> str:
        """See Stream."""
        errors = self._stream.error_output()
        if self._begun or not self._before.strip():
            return errors
        return f"{self._before.decode('utf-8', 'replace').strip()}\n{errors}".strip()

    def exit_code(self) -> int | None:
        """See Stream."""
        return self._stream.exit_code()
