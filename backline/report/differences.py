"""What a resource found not to be so, in words for one line, or as a diff where it is text of many lines."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from backline.report.cells import cut, printable
from backline.resources.resource import Difference

LONGEST_VALUE = 40
EXISTS = "exists"
CONTENT = "content"
CREATED = "created"


def in_words(differences: tuple[object, ...]) -> str:
    """`mode 0644 → 0755, content`, or `created`, `removed`."""
    return ", ".join(_words(item) for item in differences if isinstance(item, Difference))


def is_creation(differences: tuple[object, ...]) -> bool:
    """Whether what differs is that the thing is not there yet."""
    return any(isinstance(item, Difference) and _words(item) == CREATED for item in differences)


def as_diff(differences: tuple[object, ...]) -> Iterator[str]:
    """The lines of a unified diff for every difference that is text of many lines."""
    for item in differences:
        if isinstance(item, Difference) and (item.attribute == CONTENT or _is_text(item)):
            before, after = (str(value or "").splitlines() for value in (item.before, item.after))
            yield from map(printable, difflib.unified_diff(before, after, "before", "after", lineterm="", n=2))


def _words(item: Difference) -> str:
    if item.attribute == EXISTS:
        return CREATED if item.after else "removed"
    if item.attribute == CONTENT and item.before is None:
        return CREATED
    if item.attribute == CONTENT or _is_text(item):
        return item.attribute
    return f"{item.attribute} {_value(item.before)} → {_value(item.after)}"


def _is_text(item: Difference) -> bool:
    return any(isinstance(value, str) and "\n" in value for value in (item.before, item.after))


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return cut(printable(str(value)), LONGEST_VALUE) or "empty"
