"""Who holds the lock of an app now, found out without taking it."""

from __future__ import annotations

import os

from backline.agent.lock import holder_of
from backline.resources.dataclass import dataclass


@dataclass(frozen=True)
class LockHolder:
    """Who holds the lock, as the note in it says."""

    who: str = ""
    what: str = ""
    since: str = ""
    step: str = ""


def lock_holder(path: str) -> LockHolder | None:
    """Who holds the lock now, by the kernel's own list: taking it to find out would be in a deploy's way."""
    try:
        found = os.stat(path)
        with open("/proc/locks", encoding="ascii") as locks:
            held = any(_is_about(line.split(), found) for line in locks)
    except OSError:
        return None
    if not held:
        return None
    note = holder_of(path)
    return LockHolder(**{name: str(note.get(name) or "") for name in LockHolder.__dataclass_fields__})


def _is_about(words: list[str], file: os.stat_result) -> bool:
    """`1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF`: device in hexadecimal, inode in decimal (proc(5))."""
    if len(words) < 6 or words[1] != "FLOCK":
        return False
    major, minor, inode = words[5].split(":")
    return (int(major, 16), int(minor, 16), int(inode)) == (os.major(file.st_dev), os.minor(file.st_dev), file.st_ino)
