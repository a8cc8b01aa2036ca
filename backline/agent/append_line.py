"""One line more at the end of a file: on disk when this returns, and not there at all when it fails."""

from __future__ import annotations

import os


def append_line(descriptor: int, line: str) -> None:
    """Add a line of JSON, given without its break, to a file that is open for reading and appending. Raises OSError.
    What no UTF-8 carries, as in the name of a file, is written as JSON's own escape for it.

    A disk that is full takes what there is room for, and says nothing of the rest. Where half a line is there already,
    of a host that lost power, the new one begins below it."""
    size = os.fstat(descriptor).st_size
    try:
        rest = f"{_missing_break(descriptor, size)}{line}\n".encode("utf-8", "backslashreplace")
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _missing_break(descriptor: int, size: int) -> str:
    return "\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else ""
