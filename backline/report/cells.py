"""Text as a terminal shows it: measured in cells, cut and padded to fit, with nothing in it that moves the cursor."""

from __future__ import annotations

import os
import re
import textwrap
from typing import TextIO

from rich.cells import cell_len, set_cell_size

USUAL_WIDTH = 80
USUAL_HEIGHT = 24
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """One line of foreign text without escape sequences and control characters; of a line that a progress bar
    rewrote, what it showed last."""
    shown = text.rstrip("\r\n").rpartition("\r")[2].replace("\n", " ")
    return CONTROLS.sub("", ESCAPES.sub("", shown)).expandtabs(4).rstrip()


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells; what is left out shows as `…`."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + "…" if width > 0 else ""


def padded(text: str, width: int) -> str:
    """`text` and as many spaces as fill `width` cells."""
    return text + " " * (width - cell_len(text))


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, broken between words where that is possible."""
    broken = [part for line in text.splitlines() for part in textwrap.wrap(line, width, break_on_hyphens=False) or [""]]
    return [part for line in broken for part in _folded(line, width)]


def shown_width(painted: str) -> int:
    """How many cells a text with colours in it takes."""
    return cell_len(ESCAPES.sub("", painted))


def duration(seconds: float) -> str:
    """`0.3s`, `12.3s`, `4m05s`."""
    if seconds < 99.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s"


def is_terminal(stream: TextIO) -> bool:
    """True where a person watches who can be shown moving lines."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def wants_color(stream: TextIO) -> bool:
    """True where a person watches who can be shown colours, and did not ask for none."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def terminal_width(stream: TextIO) -> int | None:
    """How many cells a line has; None where nothing is cut or folded, because it is not a terminal."""
    return terminal_size(stream)[0] if stream.isatty() else None


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of a terminal as it is now; COLUMNS and LINES of the environment come first, as they do
    everywhere."""
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # no terminal at all
        found = os.terminal_size((0, 0))
    columns, lines = (os.environ.get(name, "") for name in ("COLUMNS", "LINES"))
    return (
        int(columns) if columns.isdigit() and int(columns) else found.columns or USUAL_WIDTH,
        int(lines) if lines.isdigit() and int(lines) else found.lines or USUAL_HEIGHT,
    )


def _folded(line: str, width: int) -> list[str]:
    """textwrap counts characters; a line of wide ones is folded once more."""
    parts = []
    while cell_len(line) > width:
        head = set_cell_size(line, width).rstrip()
        parts.append(head)
        line = line[len(head) :].lstrip()
    return [*parts, line]
