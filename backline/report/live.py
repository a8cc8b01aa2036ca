"""The moving lines at the foot of a terminal: one for each step that runs, with its time and its last words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.console import Group
from rich.live import Live
from rich.text import Text

from backline.report.cells import cut

FRAMES_A_SECOND = 8
MOST_ROWS = 12
"""More steps than this at once are counted."""


@dataclass
class Running:
    """A step that has begun and not ended, as people see it."""

    host: str
    step: str
    changed: int = 0
    last_words: str = ""
    began: float = field(default_factory=time.monotonic)


class LiveRows:
    """Shows rows while there are any, and prints finished lines above them."""

    def __init__(self, stream: TextIO, row: Callable[[Running], str]) -> None:
        self._console = RichConsole(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        self._row = row
        self._running: tuple[Running, ...] = ()
        self._live: Live | None = None

    def show(self, running: Sequence[Running]) -> None:
        """These steps run now."""
        before, self._running = self._running, tuple(running)
        if self._running and self._live is None:
            self._live = Live(
                console=self._console,
                refresh_per_second=FRAMES_A_SECOND,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                get_renderable=self._rows,
            )
            self._live.start()
        elif not self._running and self._live is not None:
            self._live.stop()
            self._live = None
        elif self._live is not None and self._running != before:
            self._live.refresh()

    def print(self, line: str) -> None:
        """A line that stays, above the rows."""
        self._console.print(Text.from_ansi(line), soft_wrap=True)

    def _rows(self) -> Group:
        width = self._console.width
        rows = [self._fitted(self._row(running), width) for running in self._running[:MOST_ROWS]]
        if len(self._running) > MOST_ROWS:
            rows.append(Text(f"          and {len(self._running) - MOST_ROWS} more", style="dim"))
        return Group(*rows)

    def _fitted(self, row: str, width: int) -> Text:
        return Text(row if cell_len(row) < width else cut(row, width - 1), style="cyan", no_wrap=True)
