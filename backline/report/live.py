"""The moving lines at the foot of a terminal: one for each host that works, with its step, its time and its last words.

The cursor is never hidden and no mode of the terminal is changed: nothing is to be restored, however we end.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from backline.fleet.upload import Upload
from backline.report.cells import shown_width, terminal_size
from backline.resources.dataclass import dataclass, field
from backline.resources.words import counted

FRAME = 0.125
"""Seconds between two drawings, while nothing else makes one."""

ROOM_FOR_ECHO = 3
"""Cells at the end of a row that stay free: where Ctrl-C is typed, the terminal writes `^C` there."""


@dataclass
class Running:
    """A step that has begun on a host and not ended, as people see it."""

    host: str
    step: str
    changed: int = 0
    last_words: str = ""
    upload: Upload | None = None
    began: float = field(default_factory=time.monotonic)


class LiveRows:
    """Shows rows while there are any, below the lines that stay. Safe for any thread."""

    def __init__(self, stream: TextIO, row: Callable[[Running, int], str]) -> None:
        """`row` makes the text of one, of at most so many cells, colours included."""
        self._stream = stream
        self._row = row
        self._running: tuple[Running, ...] = ()
        self._drawn: tuple[str, ...] = ()
        self._drawing = threading.Lock()
        self._ended = threading.Event()
        self._ticking: threading.Thread | None = None

    def show(self, running: Sequence[Running], lasting: str = "") -> None:
        """These run now. `lasting` is text of whole lines that stays above them."""
        with self._drawing:
            before, self._running = self._running, tuple(running)
            # What a row says changes much more often than anybody can read: the clock sees to that.
            if lasting or [id(one) for one in before] != [id(one) for one in self._running]:
                self._draw(lasting)
        if self._running and self._ticking is None:
            self._ticking = threading.Thread(target=self._tick, name="live rows", daemon=True)
            self._ticking.start()

    def close(self) -> None:
        """The rows go, and none comes any more."""
        self._ended.set()
        self.show(())

    def _tick(self) -> None:
        while not self._ended.wait(FRAME):
            with self._drawing, contextlib.suppress(OSError, ValueError):  # a terminal that is gone needs no clock
                if self._running and not self._ended.is_set():
                    self._draw()

    def _draw(self, lasting: str = "") -> None:
        """Rows of before go, lines that stay come, rows come again: in one write, so that nothing flickers."""
        width, height = terminal_size(self._stream)
        rows = self._rows(width, height)
        if lasting or rows != self._drawn:
            self._stream.write(self._back(width) + lasting + "\n".join(rows))
            self._stream.flush()
            self._drawn = rows

    def _rows(self, width: int, height: int) -> tuple[str, ...]:
        """At most half of the screen: the other half shows what was done."""
        room = width - ROOM_FOR_ECHO
        most = max(height // 2, 1)
        if len(self._running) <= most:
            return tuple(self._row(one, room) for one in self._running)
        left = len(self._running) - (most - 1)
        return (*(self._row(one, room) for one in self._running[: most - 1]), _more(left, room))

    def _back(self, width: int) -> str:
        """Move to where the rows begin and clear from there on. A terminal that became narrower has folded them."""
        if not self._drawn:
            return ""
        lines = sum(max(-(-shown_width(row) // width), 1) for row in self._drawn)
        up = f"\x1b[{lines - 1}A" if lines > 1 else ""
        return f"\r{up}\x1b[J"


def _more(count: int, room: int) -> str:
    return f"{'':9}and {counted(count, 'more host')}"[:room]
