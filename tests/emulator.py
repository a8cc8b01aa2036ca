"""A small terminal: what a person sees of what a program wrote, with folded lines, wide characters and resizing.

It knows what Backline uses and fails at anything else. Made narrower or wider it folds its lines anew, as most do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rich.cells import cell_len

PIECES = re.compile(r"\x1b\[(?P<number>\d*)(?P<code>[AJ])|(?P<color>\x1b\[[0-9;]*m)|(?P<character>[^\x1b])")


@dataclass
class Emulator:
    """`lines` holds each line as its cells; the right half of a wide character is an empty string."""

    columns: int
    lines: list[list[str]] = field(default_factory=lambda: [[]])
    line: int = 0
    cell: int = 0

    def feed(self, written: str) -> None:
        """Take what a program wrote."""
        at = 0
        while at < len(written):
            found = PIECES.match(written, at)
            assert found is not None, f"unknown to this terminal: {written[at : at + 20]!r}"
            at = found.end()
            if found["code"] == "A":
                self._go_up(int(found["number"] or 1))
            elif found["code"] == "J":
                del self.lines[self.line][self.cell :], self.lines[self.line + 1 :]
            elif found["character"]:
                self._take(found["character"])

    def shown(self) -> list[str]:
        """The rows of the screen that have anything on them."""
        rows = ["".join(line[start : start + self.columns]) for line in self.lines for start in self._starts(line)]
        return [row.rstrip() for row in rows if row.strip()]

    def _take(self, character: str) -> None:
        if character == "\r":
            self.cell = self._start()
        elif character == "\n":
            self.line, self.cell = self.line + 1, 0
            self.lines += [[] for _ in range(self.line + 1 - len(self.lines))]
        else:
            self._write([character, *[""] * (cell_len(character) - 1)])

    def _write(self, cells: list[str]) -> None:
        if self.cell % self.columns + len(cells) > self.columns:
            self.cell += self.columns - self.cell % self.columns
        line = self.lines[self.line]
        line += [" "] * (self.cell - len(line))
        line[self.cell : self.cell + len(cells)] = cells
        self.cell += len(cells)

    def _go_up(self, rows: int) -> None:
        places = [(number, start) for number, line in enumerate(self.lines) for start in self._starts(line)]
        here = places.index((self.line, self._start()))
        column = self.cell - places[here][1]
        self.line, start = places[max(here - rows, 0)]
        self.cell = start + column

    def _start(self) -> int:
        """Where the cursor's row begins; behind a full row it has not gone to the next one yet."""
        behind = self.cell and self.cell == len(self.lines[self.line])
        return (self.cell - 1 if behind else self.cell) // self.columns * self.columns

    def _starts(self, line: list[str]) -> range:
        return range(0, max(len(line), 1), self.columns)


def widest(rows: list[str]) -> int:
    """The cells of the widest row."""
    return max(map(cell_len, rows), default=0)


def lasting_lines(written: str, columns: int = 80) -> list[str]:
    """What is on the screen in the end."""
    screen = Emulator(columns)
    screen.feed(written)
    return screen.shown()
