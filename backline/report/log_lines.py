"""Lines of logs: when each was written, how grave it is, many logs as one in time order, and what is let through.

A line without a time of its own (of a stack trace) goes with the line before it, and so does one without a level."""

from __future__ import annotations

import heapq
import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import NamedTuple

from backline.resources.dataclass import dataclass, field, replace

LEVELS = ("debug", "info", "warning", "error", "critical")
LOOKED_AT = 240
"""Characters in which a line says when and how grave."""

NAMES = {"notice": "info", "warn": "warning", "err": "error", "fatal": "critical", "crit": "critical"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONE = r"(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?"
CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,6}))?"
TIMES = (
    # [2026-11-22 22:12:35,123: INFO/Main]  [2026-11-22 22:12:36 +0000]  2026/11/22 22:12:36  2026-11-22T22:12:36Z
    re.compile(rf"\[?(?P<year>\d{{4}})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]{CLOCK} ?{ZONE}"),
    # 30857:M 22 Nov 2026 22:12:28.123
    re.compile(rf"\d+:[A-Z] (?P<day>\d\d) (?P<name>[A-Z][a-z]{{2}}) (?P<year>\d{{4}}) {CLOCK}(?P<zone>)"),
    # 127.0.0.1 - - [22/Nov/2026:22:12:36 +0000]
    re.compile(rf"\S+ \S+ \S+ \[(?P<day>\d\d)/(?P<name>[A-Z][a-z]{{2}})/(?P<year>\d{{4}}):{CLOCK} ?{ZONE}"),
)
LEVEL = re.compile(
    r"\b(DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL)\b|\[(debug|info|notice|warn|error|crit)\]"
)


@dataclass(frozen=True)
class Source:
    """Whose lines they are. `generation` is empty for a service."""

    host: str
    name: str
    generation: str
    program: str


@dataclass(frozen=True)
class LogLine:
    """`time` is seconds since the epoch, None where neither the line nor one before it says; so `level`."""

    source: Source
    text: str
    time: float | None = None
    level: str = ""

    def document(self) -> dict[str, object]:
        """As JSON: the time in UTC, what is not known null."""
        at = None
        if self.time is not None:
            at = datetime.fromtimestamp(self.time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "host": self.source.host,
            "worker": self.source.name,
            "generation": self.source.generation or None,
            "program": self.source.program,
            "time": at,
            "level": self.level or None,
            "text": self.text,
        }


class Stamp(NamedTuple):
    """The time that a line begins with, as on the face of the clock that it was read from: in seconds since the epoch,
    were that clock in UTC; and by how many seconds it is ahead of UTC, None where the line does not say."""

    face: float
    ahead: int | None

    def time(self, offset: int) -> float:
        """Seconds since the epoch; where the line names no zone, by a clock `offset` seconds ahead of UTC."""
        return self.face - (offset if self.ahead is None else self.ahead)


def stamp_of(text: str) -> Stamp | None:
    """The time that a line begins with."""
    for form in TIMES:
        found = form.match(text[:LOOKED_AT])
        if found:
            return _stamp(found.groupdict())
    return None


def time_of(text: str, offset: int = 0) -> float | None:
    """The time that a line begins with; where it names no zone, that of a clock `offset` seconds ahead of UTC."""
    stamp = stamp_of(text)
    return None if stamp is None else stamp.time(offset)


def level_of(text: str) -> str:
    """How grave a line says that it is; empty where it does not."""
    found = LEVEL.search(text[:LOOKED_AT])
    if found is None:
        return ""
    name = (found[1] or found[2]).lower()
    return NAMES.get(name, name)


@dataclass
class Reader:
    """Makes lines of one log from texts; remembers the last, since the next may go with it."""

    source: Source
    offset: int = 0
    """Seconds by which the clock of whoever writes the log is ahead of UTC."""
    _time: float | None = None
    _level: str = ""

    def line(self, text: str) -> LogLine:
        """The next line."""
        time = time_of(text, self.offset)
        level = level_of(text)
        if time is not None:
            self._time, self._level = time, level or self._level
        elif level and self._time is None:
            self._level = level
        return LogLine(self.source, text.rstrip("\r"), self._time, self._level)


def merged(logs: Iterable[Iterable[LogLine]]) -> Iterator[LogLine]:
    """Logs as one, in the order of time; the lines of each stay in their order, and one from each is held at a time."""
    pairs = heapq.merge(*map(_with_rising_times, logs), key=lambda pair: pair[0])
    return (line for _, line in pairs)


@dataclass
class Sieve:
    """Lets lines of one log through: as grave as `level` and, where `pattern` is found, with the lines around."""

    level: str = ""
    pattern: re.Pattern[str] | None = None
    around: int = 0
    _before: deque[LogLine] = field(default_factory=deque)
    _after: int = 0

    def pass_on(self, line: LogLine) -> Iterator[LogLine]:
        """What is to be shown now that this line has come: lines that were held back, and it."""
        if self.level and (not line.level or LEVELS.index(line.level) < LEVELS.index(self.level)):
            return  # what no level stands before, as a banner, is not known to be grave
        if self.pattern is None:
            yield line
        elif self.pattern.search(line.text):
            yield from self._before
            self._before.clear()
            self._after = self.around
            yield line
        elif self._after:
            self._after -= 1
            yield line
        elif self.around:
            if len(self._before) == self.around:
                self._before.popleft()
            self._before.append(line)

    def anew(self) -> Sieve:
        """The same for another log."""
        return replace(self, _before=deque(), _after=0)


def _with_rising_times(lines: Iterable[LogLine]) -> Iterator[tuple[float, LogLine]]:
    """Each with the latest time so far: a line that was late by a moment holds nothing up."""
    latest = float("-inf")
    for line in lines:
        latest = max(latest, line.time) if line.time is not None else latest
        yield latest, line


def _stamp(parts: dict[str, str | None]) -> Stamp | None:
    name = (parts.get("name") or "").lower()
    if name and name not in MONTHS:
        return None
    month = MONTHS.index(name) + 1 if name else int(parts["month"] or 0)
    year, day, hour, minute, second = (int(parts[part] or 0) for part in ("year", "day", "hour", "minute", "second"))
    fraction = int((parts["fraction"] or "").ljust(6, "0"))
    try:
        face = datetime(year, month, day, hour, minute, second, fraction, timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None
    return Stamp(face, _ahead(parts["zone"]))


def _ahead(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone.isalpha():
        return 0
    seconds = (int(zone[1:3]) * 60 + int(zone[-2:])) * 60
    return seconds if zone[0] == "+" else -seconds
