"""Reads logs page by page, from their last lines on: whoever asks keeps the places, the host keeps nothing.

So a reader that is slow is waited for, instead of being sent what it cannot take yet.
"""

from __future__ import annotations

import os
import time

from backline.agent.log_places import Ending, Place, ending, first_place, read_on
from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_SECONDS = 0.25
PAGE = 1024 * 1024
"""Bytes of lines in one answer, shared by the logs; a longer line is sent all the same."""
SMALLEST_SHARE = 64 * 1024
ENDING = 8 * 1024
"""Bytes of a log's end, in which its last line with a time is looked for: that of a long stack trace, say."""


@dataclass(frozen=True)
class Position:
    """A log and how far it was read."""

    path: str
    place: Place = Place()


@dataclass(frozen=True)
class Page:
    """The next lines of one log, each with its newline; where they end; whether there are more at once. `written`: when
    the last of them was, in seconds since the epoch; 0 where that is not known."""

    path: str
    text: str
    place: Place
    more: bool = False
    lost: bool = False
    written: float = 0.0


@dataclass(frozen=True)
class Beginning:
    """Where the last lines of a log begin, and how it ends now."""

    position: Position
    ending: Ending


@dataclass(frozen=True)
class Pages:
    """Those logs that have gone on. `records` is what the folder of records looks like."""

    pages: tuple[Page, ...] = ()
    records: str = ""


@dataclass(frozen=True)
class FindLastLines(Action):
    """Returns the Beginning of each log, and the host's offset from UTC in seconds."""

    paths: tuple[str, ...]
    lines: int = 20

    def perform(self, host: Host) -> tuple[tuple[Beginning, ...], int]:
        found = (Beginning(Position(path, first_place(path, self.lines)), ending(path, ENDING)) for path in self.paths)
        return tuple(found), time.localtime().tm_gmtoff


@dataclass(frozen=True)
class ReadLogs(Action):
    """Returns Pages: what there is now; with `unfinished`, a line that has no end yet too."""

    positions: tuple[Position, ...]
    unfinished: bool = False

    def perform(self, host: Host) -> Pages:
        return Pages(tuple(_pages(self.positions, self.unfinished)))


@dataclass(frozen=True)
class AwaitLogs(Action):
    """Returns Pages as soon as a line comes, or the records are not as they were. Without a line that has no end."""

    positions: tuple[Position, ...]
    directory: str
    """The folder of the generations' records."""
    records: str = ""

    def perform(self, host: Host) -> Pages:
        while True:
            records = records_of(self.directory)  # before the logs: a record is written before its programs write
            pages = tuple(_pages(self.positions, unfinished=False))
            if pages or records != self.records:
                return Pages(pages, records)
            host.pause(LOOK_SECONDS)


def records_of(directory: str) -> str:
    """The names in a folder and when they were written, as one text to compare."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return ""
    return " ".join(f"{name}:{_written(os.path.join(directory, name))}" for name in names)


def _written(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _pages(positions: tuple[Position, ...], unfinished: bool) -> Iterator[Page]:
    share = max(PAGE // max(len(positions), 1), SMALLEST_SHARE)
    for position in positions:
        reading = read_on(position.path, position.place, share, unfinished)
        if reading.text or reading.place != position.place:
            text = reading.text.decode("utf-8", "replace")
            yield Page(position.path, text, reading.place, reading.more, reading.lost, reading.written)
