"""How far a log has been read, told so that reading can go on behind it after any rotation, and without an open file.

Supervisor moves `a.log` to `a.log.1`, that to `a.log.2` and so on, in the middle of a line if need be. So a place names
the file by its inode and by the bytes before the place (an inode is used again, a file is emptied), and a line without
an end is kept, to be joined with its rest in the next file.
"""

from __future__ import annotations

import os

from backline.resources.dataclass import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 64 * 1024
WITNESS = 64
"""Bytes before a place that are compared."""
LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; a longer line is told in pieces, for what is read must fit into memory and into a frame."""
GAP = 2
"""So many names that are missing end a chain: while a log is rotated, one of them is missing."""


@dataclass(frozen=True)
class Place:
    """Behind what was read. The first place of a log has no inode: before its oldest line."""

    inode: int = 0
    device: int = 0
    offset: int = 0
    before: bytes = b""
    """The last bytes before `offset`."""
    half: bytes = b""
    """A line that began in the file before this one."""


@dataclass(frozen=True)
class Reading:
    """`text` is whole lines, each with its newline. `more`: there is more to be read now. `lost`: lines are gone.
    `written`: when the file was last written to, in seconds since the epoch; 0 where these are not its last lines."""

    text: bytes
    place: Place
    more: bool = False
    lost: bool = False
    written: float = 0.0


@dataclass(frozen=True)
class Ending:
    """The end of a log, whose first line may be a broken one, and when it was last written to, in seconds since the
    epoch."""

    text: str = ""
    written: float = 0.0


def first_place(path: str, lines: int) -> Place:
    """Before the last `lines` lines, in a file that was rotated away if need be; never within a line."""
    newlines = -1
    place = Place()
    for _, descriptor in _opened(path):
        size = os.fstat(descriptor).st_size
        if newlines < 0 and size:  # the newest that has something
            newlines = lines + 1 if os.pread(descriptor, 1, size - 1) == b"\n" else max(lines, 1)
        offset, newlines = _lines_back(descriptor, size, newlines) if size else (0, newlines)
        place = _place(descriptor, offset)
        if newlines == 0:
            break
    return place


def ending(path: str, size: int) -> Ending:
    """The last `size` bytes of the newest file of a log that has something."""
    for _, descriptor in _opened(path):
        found = os.fstat(descriptor)
        if found.st_size:
            text = os.pread(descriptor, size, max(found.st_size - size, 0))
            return Ending(text.decode("utf-8", "replace"), found.st_mtime)
    return Ending()


def read_on(path: str, place: Place, limit: int, unfinished: bool = False) -> Reading:
    """The next lines, about `limit` bytes of them; with `unfinished`, a line that has no end yet too."""
    number, descriptor, lost = _found(path, place)
    if descriptor < 0:
        return Reading(b"", place)
    try:
        if not _reads(descriptor, place):
            place = _place(descriptor, 0)
        successor = _successor(path, number, descriptor)  # before reading: what has one is written to no more
        try:
            reading = _read(descriptor, place, limit)
            if reading.more:
                return replace(reading, lost=lost)
            rest = _rest(descriptor, reading.place)
            if successor >= 0:
                following = replace(_place(successor, 0), half=rest)
                return Reading(reading.text, following, more=True, lost=lost)
            if unfinished and rest:
                found = os.fstat(descriptor)
                end = _place(descriptor, found.st_size)
                return Reading(reading.text + rest + b"\n", end, lost=lost, written=found.st_mtime)
            return replace(reading, lost=lost)
        finally:
            if successor >= 0:
                os.close(successor)
    finally:
        os.close(descriptor)


def _names(path: str) -> Iterator[tuple[int, str]]:
    """The names that the files of a log can have, the newest first, without an end."""
    number = 0
    while True:
        yield number, f"{path}.{number}" if number else path
        number += 1


def _opened(path: str) -> Iterator[tuple[int, int]]:
    """Number and descriptor of each file of a log, the newest first; each is closed before the next.

    A file can only move to a higher number, so none is missed by counting upwards."""
    missing = 0
    for number, name in _names(path):
        descriptor = _open(name)
        if descriptor < 0:
            missing += 1
            if missing == GAP:
                return
            continue
        missing = 0
        try:
            yield number, descriptor
        finally:
            os.close(descriptor)


def _found(path: str, place: Place) -> tuple[int, int, bool]:
    """The file of a place: its number and a descriptor, -1 where there is none, and whether lines may be lost.

    It is the file with its inode, or a copy (of who copies a log and empties it). Else the log was emptied, or went
    round: an inode is used again at once."""
    files = [(number, os.dup(descriptor)) for number, descriptor in _opened(path)]
    chosen, lost = _chosen([descriptor for _, descriptor in files], place)
    for index, (_, descriptor) in enumerate(files):
        if index != chosen:
            os.close(descriptor)
    return (*files[chosen], lost) if files else (0, -1, False)


def _chosen(files: list[int], place: Place) -> tuple[int, bool]:
    """Which of the files, the newest first, and whether lines may be lost."""
    behind = [index for index, descriptor in enumerate(files) if _reads(descriptor, place)]
    ours = [index for index, descriptor in enumerate(files) if _is_of(descriptor, place)]
    for index in (*(index for index in behind if index in ours), *behind):
        return index, False
    emptied = ours == [0]
    return (0 if emptied else len(files) - 1), place.inode != 0 and len(files) > 1


def _successor(path: str, number: int, descriptor: int) -> int:
    """A descriptor of the file that came after this one, once something is in it; -1 where there is none.

    Looks twice at the name of ours: if it was moved in between, so was the other."""
    if number == 0:
        return -1
    for other in range(number - 1, -1, -1):
        found = _open(f"{path}.{other}" if other else path)
        if found < 0:
            continue
        between = any(os.path.exists(f"{path}.{later}") for later in range(other + 1, number))
        if os.fstat(found).st_size and not between and _is_named(descriptor, f"{path}.{number}"):
            return found
        os.close(found)
        return -1
    return -1


def _read(descriptor: int, place: Place, limit: int) -> Reading:
    """Whole lines from one file."""
    found = os.fstat(descriptor)
    size, written = found.st_size, found.st_mtime
    length = limit
    while True:
        data = os.pread(descriptor, length, place.offset)
        end = data.rfind(b"\n") + 1
        if end or place.offset + len(data) >= size or len(data) >= LONGEST_LINE:
            break
        length = min(length * 4, LONGEST_LINE)
    if not end and len(data) + len(place.half) >= LONGEST_LINE:
        text, end = place.half + data + b"\n", len(data)
    elif not end:
        return Reading(b"", place)
    else:
        text = place.half + data[:end]
    following = _place(descriptor, place.offset + end)
    more = len(data) == length and following.offset < size
    return Reading(text, following, more, written=0.0 if more else written)


def _rest(descriptor: int, place: Place) -> bytes:
    """The line without an end behind a place."""
    return place.half + os.pread(descriptor, LONGEST_LINE, place.offset)


def _lines_back(descriptor: int, size: int, newlines: int) -> tuple[int, int]:
    """The offset behind the n-th newline from the end, and how many newlines were not found."""
    start = size
    while start > 0:
        step = min(BLOCK, start)
        start -= step
        block = os.pread(descriptor, step, start)
        count = block.count(b"\n")
        if count >= newlines:
            end = len(block)
            for _ in range(newlines):
                end = block.rfind(b"\n", 0, end)
            return start + end + 1, 0
        newlines -= count
    return 0, newlines


def _place(descriptor: int, offset: int) -> Place:
    found = os.fstat(descriptor)
    length = min(WITNESS, offset)
    return Place(found.st_ino, found.st_dev, offset, os.pread(descriptor, length, offset - length))


def _is_of(descriptor: int, place: Place) -> bool:
    found = os.fstat(descriptor)
    return (found.st_ino, found.st_dev) == (place.inode, place.device)


def _reads(descriptor: int, place: Place) -> bool:
    """Whether what is before the place is so in this file."""
    length = len(place.before)
    if place.offset == 0:
        return _is_of(descriptor, place)
    return os.pread(descriptor, length, place.offset - length) == place.before


def _is_named(descriptor: int, name: str) -> bool:
    ours = os.fstat(descriptor)
    try:
        there = os.stat(name)
    except OSError:
        return False
    return (there.st_ino, there.st_dev) == (ours.st_ino, ours.st_dev)


def _open(name: str) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
