"""The known name that somebody may have meant: at most two edits away."""

from __future__ import annotations

from collections.abc import Iterable

CLOSE = 2


def nearest(name: str, known: Iterable[str]) -> str:
    """The closest of the known names within two edits, fewer for the shortest; empty where none is that close."""
    close = sorted((edits(name, other), other) for other in known if abs(len(name) - len(other)) <= CLOSE)
    return close[0][1] if close and close[0][0] <= min(CLOSE, len(name) // 2) else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean celery_workers?`, or nothing."""
    near = nearest(name, known)
    return f"; did you mean {near}?" if near else ""


def is_slip(name: str, other: str) -> bool:
    """Whether one slip of the pen makes one of the other: a letter too many, too few or wrong, or two exchanged."""
    apart = [at for at, (one, two) in enumerate(zip(name, other, strict=False)) if one != two]
    exchanged = len(name) == len(other) and len(apart) == 2 and apart[0] + 1 == apart[1]
    return edits(name, other) <= 1 or (exchanged and sorted(name) == sorted(other))


def edits(one: str, other: str) -> int:
    """Levenshtein's distance: insertions, deletions and replacements of single characters."""
    row = list(range(len(other) + 1))
    for at, character in enumerate(one, start=1):
        previous, row[0] = row[0], at
        for place, wanted in enumerate(other, start=1):
            previous, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, previous + (character != wanted)),
            )
    return row[-1]
