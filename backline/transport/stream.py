"""What a transport gives: the two directions of one agent's standard input and output, as bytes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

ERROR_TAIL = 16 * 1024
"""Bytes kept of what the other side wrote to standard error."""
UNNAMED_SIGNAL = -1000
"""The exit code of what a signal ended, where it is not told which; none is as high."""
LAST_WORDS = 5.0
"""Seconds that an ended stream waits for the exit code and the rest of standard error: a deadline, no pause."""


class Stream(Protocol):
    """Opened once, closed once. One thread may read while another writes; two may not do the same."""

    def write(self, data: bytes | memoryview) -> None:
        """Send all of it; blocks while the other side does not read. Raises OSError when the line is gone."""
        ...

    def read(self, size: int) -> bytes:
        """At most `size` bytes, as soon as there are any; b"" at the end, however the end came."""
        ...

    def close(self) -> None:
        """End it now, without waiting for the other side. A read that waits returns b""."""
        ...

    def error_output(self) -> str:
        """The last 16 KiB of what the other side wrote to standard error (sudo, ssh, a missing Python speak there)."""
        ...

    def exit_code(self) -> int | None:
        """How the command ended, asked for after the end of the stream: negative for the signal that ended it,
        UNNAMED_SIGNAL where the host does not say which; None where nobody said anything, as of a line that was cut."""
        ...


class Tail:
    """The last bytes of an output that is drained while somebody else may ask for it, or wait for what it says."""

    def __init__(self, size: int = ERROR_TAIL) -> None:
        self._size = size
        self._kept = bytearray()
        self._ended = False
        self._changed = threading.Condition()

    def add(self, data: bytes) -> None:
        """Keep this, and forget what is too old."""
        with self._changed:
            self._kept += data
            del self._kept[: -self._size]
            self._changed.notify_all()

    def end(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def text(self) -> str:
        """What was kept, as text."""
        with self._changed:
            return self._kept.decode("utf-8", "replace").strip()

    def take_until(self, seen: Callable[[bytes], bool], seconds: float) -> bytes | None:
        """Wait until `seen` is true of what was kept, then forget it and return it; None where the output ended, or
        was silent so long, before."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or seen(bytes(self._kept)), seconds)
            kept = bytes(self._kept)
            if not seen(kept):
                return None
            self._kept.clear()
            return kept


Opened = TypeVar("Opened", bound=Stream)


def begin_with(stream: Opened, first: bytes) -> Opened:
    """Write the first input. Where the stream has ended already, whoever reads it finds that out, and why."""
    if first:
        with contextlib.suppress(OSError):
            stream.write(first)
    return stream


class AttendedStream(Stream, Protocol):
    """A stream whose standard error one can wait for."""

    @property
    def errors(self) -> Tail: ...
