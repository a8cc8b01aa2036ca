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
        place = _place(path)
        with open("/proc/locks", encoding="ascii") as locks:
            held = any(_is_about(line.split(), place) for line in locks)
    except OSError:
        return None
    if not held:
        return None
    note = holder_of(path)
    return LockHolder(**{name: str(note.get(name) or "") for name in LockHolder.__dataclass_fields__})


def _is_about(words: list[str], place: tuple[int, int, int]) -> bool:
    """`1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF`: device in hexadecimal, inode in decimal (proc(5))."""
    if len(words) < 6 or words[1] != "FLOCK":
        return False
    major, minor, inode = words[5].split(":")
    return (int(major, 16), int(minor, 16), int(inode)) == place


def _place(path: str) -> tuple[int, int, int]:
    """Device and inode of a file as the kernel's list has them: the device of the whole file system, which on btrfs and
    overlayfs is another than stat tells."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as told:
            said = dict(line.split()[:2] for line in told)
    finally:
        os.close(descriptor)
    inode = int(said.get("ino:", found.st_ino))  # told since Linux 5.14
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
        for mount in mounts:
            number, _, device = mount.split()[:3]
            if number == said["mnt_id:"]:
                major, minor = device.split(":")
                return int(major), int(minor), inode
    return os.major(found.st_dev), os.minor(found.st_dev), inode
