"""The time zone in which a log is written, learned from its last line and from when that was written.

Programs of one host need not agree: Celery writes in Django's TIME_ZONE (Chicago's where nobody set it), nginx in the
host's, others in UTC, and a line seldom says. A line is in the file moments after the time that it gives, so the file's
own time tells by how much that clock is ahead. What is learned is the offset of now: lines from before a change to
summer time are an hour off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from backline.report.log_lines import Source, stamp_of

END = 8 * 1024
"""Characters in which the last line with a time is looked for; a page of a busy log has a hundred times that."""
QUARTER = 15 * 60
"""Seconds; the zones of the world differ by whole quarters of an hour."""
WESTMOST, EASTMOST = -12 * 3600, 14 * 3600
LATEST = 30
"""Seconds after which a line is in its file at the latest, or the two times have nothing to do with each other."""
LATEST_OF_ANOTHER = 10
"""The same where lines without a time stand behind it, as Celery's last words do, which may be from any time."""
TRACEBACK = "Traceback (most recent call last):"
CLOCK_STEP = 1
"""Seconds by which a time may be ahead of its file's: a file's time is that of the kernel's last tick."""


def learned_offset(text: str, written: float) -> int | None:
    """By how many seconds the clock of a log is ahead of UTC, by its end and when that was written (seconds since the
    epoch); None where they do not tell: no time, one with its zone, or one from long before."""
    lines = text[-END:].splitlines()
    for number, line in reversed(list(enumerate(lines))):
        stamp = stamp_of(line)
        if stamp is not None:
            latest = LATEST if _is_one_entry(lines[number + 1 :]) else LATEST_OF_ANOTHER
            return _offset(stamp.face - written, latest) if stamp.ahead is None else None
    return None


def offset_like(source: Source, shown: Mapping[Source, int], otherwise: int) -> int:
    """The offset of a log: what it has shown itself, else another generation of the same program, else any program of
    the site, for these have one TIME_ZONE; a service has the host's."""
    if source in shown:
        return shown[source]
    for other, offset in shown.items():
        if other.name == source.name:
            return offset
    for other, offset in shown.items():
        if source.generation and other.generation:
            return offset
    return otherwise


def _is_one_entry(behind: Sequence[str]) -> bool:
    """Whether these lines were surely written together with the one before them, and not by a print of later."""
    return behind[:1] == [TRACEBACK] or all(line[:1].isspace() for line in behind)


def _offset(ahead: float, latest: int) -> int | None:
    """The zone's, where the log was so many seconds ahead of UTC at its end, and at most `latest` behind its clock."""
    offset = ceil((ahead - CLOCK_STEP) / QUARTER) * QUARTER
    return offset if offset - ahead <= latest and WESTMOST <= offset <= EASTMOST else None
