"""The last lines of a file, read from its end, as text that can always be shown."""

from __future__ import annotations

import os

BLOCK = 16 * 1024


def last_lines(path: str, count: int = 20) -> tuple[str, ...]:
    """At most `count` lines; none where there is no such file. Bytes that are not UTF-8 are replaced."""
    try:
        with open(path, "rb") as file:
            tail = _tail(file.fileno(), count)
    except OSError:
        return ()
    lines = tail.decode("utf-8", "replace").splitlines()
    return tuple(lines[-count:] if count > 0 else ())


def _tail(descriptor: int, count: int) -> bytes:
    position = os.fstat(descriptor).st_size
    tail = b""
    while position > 0 and tail.count(b"\n") <= count:
        start = max(0, position - BLOCK)
        tail = os.pread(descriptor, position - start, start) + tail
        position = start
    return tail
