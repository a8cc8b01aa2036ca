"""Aligned plain-text tables: status, releases, ping."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from backline.report.cells import cut, padded, printable

GAP = "  "
NARROWEST = 8
"""A column is never cut below this many cells."""


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """The table as text without a last newline. Columns of numbers stand to the right. With a `width` (cells.py:
    terminal_width) the widest columns are cut until a line fits; without one nothing is."""
    lines = [[printable(cell) for cell in row] for row in rows]
    numeric = [bool(lines) and all(line[place].isdigit() for line in lines) for place in range(len(headings))]
    columns = _fitted([max(map(cell_len, column)) for column in zip(headings, *lines, strict=True)], width)
    return "\n".join(_line(line, columns, numeric) for line in (headings, *lines))


def _fitted(columns: list[int], width: int | None) -> list[int]:
    """The columns' widths, the widest made narrower until all of them fit."""
    columns = list(columns)
    while width is not None and sum(columns) + len(GAP) * (len(columns) - 1) > width:
        widest = columns.index(max(columns))
        if columns[widest] <= NARROWEST:
            break
        columns[widest] -= 1
    return columns


def _line(cells: Sequence[str], columns: Sequence[int], numeric: Sequence[bool]) -> str:
    shown = [cut(cell, column) for cell, column in zip(cells, columns, strict=True)]
    placed = [
        " " * (column - cell_len(cell)) + cell if right else padded(cell, column)
        for cell, column, right in zip(shown, columns, numeric, strict=True)
    ]
    return GAP.join(placed).rstrip()
