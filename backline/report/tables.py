"""Aligned plain-text tables: status, releases, history. A narrow terminal is given less of them, never folded lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rich.cells import cell_len

from backline.report.cells import cut, padded, printable, wrapped
from backline.report.paint import PLAIN, Paint
from backline.resources.dataclass import dataclass

GAP = "  "
NARROWEST = 6
"""A column is never cut below this many cells."""
NUMBER = re.compile(r"(\d+m)?\d+(\.\d+)?s?|")
"""A count or a duration; a column of these stands to the right."""


@dataclass(frozen=True)
class Column:
    """What stands above, and what may be done where a terminal is too narrow for all of the table."""

    heading: str
    shorter: Callable[[str], str] | None = None
    """Tells the same in fewer cells. It is asked first, column by column."""
    spare: int = 0
    """Where that was not enough the columns are left out that have a number, the greatest first."""
    meaning: Callable[[str], str] | None = None
    """The colour of a cell by what is in it, as Paint names them; empty for none."""


def table(
    columns: Sequence[Column | str], rows: Sequence[Sequence[str]], width: int | None = None, paint: Paint = PLAIN
) -> str:
    """The table as text without a last newline. With a `width` (cells.py: terminal_width) it is made to fit: cells are
    told shorter, columns left out, and at last the widest are cut. Without one it is told in full. A column that is
    only a heading may be given as that."""
    known = [Column(column) if isinstance(column, str) else column for column in columns]
    shown = [_Shown(column, [printable(row[place]) for row in rows]) for place, column in enumerate(known)]
    if width is not None:
        shown = _fitted(shown, width)
    heading = GAP.join(column.placed(column.heading) for column in shown).rstrip()
    lines = [GAP.join(column.painted(number, paint) for column in shown).rstrip() for number in range(len(rows))]
    return "\n".join([paint("strong", heading), *lines])


def sheet(facts: Sequence[tuple[str, str]], width: int | None = None) -> str:
    """A label and a value a line."""
    start = max((cell_len(label) for label, _ in facts), default=0) + len(GAP)
    lines = []
    for label, value in facts:
        rows = [printable(value)] if width is None else wrapped(printable(value), max(width - start, NARROWEST)) or [""]
        lines += [padded(name, start) + row for name, row in zip([label, *[""] * len(rows)], rows, strict=False)]
    return "\n".join(line.rstrip() for line in lines)


class _Shown:
    """A column as it is shown: its cells, and its width when something had to be cut."""

    def __init__(self, column: Column, cells: list[str]) -> None:
        self.column = column
        self.heading = column.heading
        self._cells = cells
        self._to_the_right = any(cells) and all(map(NUMBER.fullmatch, cells))
        self.width = max(map(cell_len, (column.heading, *cells)))

    def shorter(self) -> _Shown:
        """The same told shorter, where the column knows how."""
        tell = self.column.shorter
        return _Shown(self.column, [tell(cell) for cell in self._cells]) if tell else self

    def placed(self, cell: str) -> str:
        """A cell in the width of the column."""
        shown = cut(cell, self.width)
        return " " * (self.width - cell_len(shown)) + shown if self._to_the_right else padded(shown, self.width)

    def painted(self, number: int, paint: Paint) -> str:
        """A cell with its colour."""
        cell = self._cells[number]
        meaning = self.column.meaning(cell) if self.column.meaning else ""
        placed = self.placed(cell)
        return paint(meaning, placed) if meaning else placed


def _fitted(columns: list[_Shown], width: int) -> list[_Shown]:
    """Columns that fit: told shorter from the left to the right, then fewer, then cut."""
    for place in range(len(columns)):
        if _width(columns) > width:
            columns[place] = columns[place].shorter()
    while _width(columns) > width and any(column.column.spare for column in columns):
        columns.remove(max(columns, key=lambda column: column.column.spare))
    while _width(columns) > width:
        widest = max(columns, key=lambda column: column.width)
        if widest.width <= NARROWEST:
            break
        widest.width -= 1
    return columns


def _width(columns: Sequence[_Shown]) -> int:
    return sum(column.width for column in columns) + len(GAP) * (len(columns) - 1)
