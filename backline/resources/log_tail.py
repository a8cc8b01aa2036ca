"""The last lines of a file, read from its end, as text that can always be shown."""

from __future__ import annotations

import os

BLOCK = 16 * 1024


def last_lines(path: str, count: int = 20) -> tuple[str, ...]:
    """At most `count` lines; none where there is no such file. Bytes that are not UTF-8 are replaced."""
    try:
        with open(path, "rb") as file:
            tail, _ = read_tail(file.fileno(), count)
    except OSError:
        return ()
    lines = tail.decode("utf-8", "replace").splitlines()
    return tuple(lines[-count:] if count > 0 else ())


def read_tail(descriptor: int, count: int) -> tuple[bytes, int]:
    """Bytes that hold at least the last `count` lines, and the position of their end."""
    end = os.fstat(descriptor).st_size
    start = end
    tail = b""
    while start > 0 and count > 0 and tail.count(b"\n") <= count:
        step = min(BLOCK, start)
        start -= step
        tail = os.pread(descriptor, step, start) + tail
    return tail, end
