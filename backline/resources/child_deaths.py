"""Whether the processes that a program forks die and die, by its log: gunicorn lives on, and starts others for ever."""

from __future__ import annotations

import os

from backline.resources.log_tail import last_lines

CHILD = "Worker"
ENDS = (" exited with code ", " was sent SIG", " was terminated due to signal ")
"""As gunicorn's versions say it."""
TOLD_TO_END = ("SIGTERM", "signal 15")
LINES_READ = 1000


def log_size(path: str) -> int:
    """Bytes; 0 where there is no log yet."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def deaths_of_children(path: str, since: int) -> tuple[str, ...]:
    """The lines of the log in which a child's death is told, written after it had `since` bytes."""
    grown = log_size(path) - since
    if grown <= 0:
        return ()
    lines: list[str] = []
    for line in reversed(last_lines(path, LINES_READ)):
        grown -= len(line.encode()) + 1
        if CHILD in line and any(end in line for end in ENDS) and not any(word in line for word in TOLD_TO_END):
            lines.append(line)
        if grown <= 0:
            break
    return tuple(reversed(lines))
