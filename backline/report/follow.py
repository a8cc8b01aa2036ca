"""Lines of several logs as one stream, each behind the host and the program that wrote it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.cells import cell_len

from backline.report.cells import is_terminal, padded, printable
from backline.report.paint import Paint
from backline.resources.secret import masked

Source = tuple[str, str]
"""Host and program."""


class Follower:
    """Writes lines as they come. Knowing the `sources` before aligns them from the first line on."""

    def __init__(self, stream: TextIO, sources: Sequence[Source] = (), color: bool | None = None) -> None:
        self._stream = stream
        self._paint = Paint(is_terminal(stream) if color is None else color)
        self._numbers: dict[Source, int] = {}
        self._widths = (0, 0)
        self._secrets: frozenset[str] = frozenset()
        self._writing = threading.Lock()
        self.know(sources)

    def know(self, sources: Iterable[Source]) -> None:
        """Sources whose lines are to come: they stand in one column from the first on."""
        for source in sources:
            self._know(source)

    def __call__(self, host: str, program: str, line: str) -> None:
        with self._writing:
            self._know((host, program))
            shown = masked(printable(line), self._secrets)
            self._stream.write(f"{self._prefix((host, program))} {shown}".rstrip() + "\n")
            self._stream.flush()

    def hide(self, secrets: Iterable[str]) -> None:
        """Values that no line may show."""
        self._secrets |= frozenset(secrets)

    def _know(self, source: Source) -> None:
        if source not in self._numbers:
            self._numbers[source] = len(self._numbers)
            host, program = self._widths
            self._widths = (max(host, cell_len(source[0])), max(program, cell_len(source[1])))

    def _prefix(self, source: Source) -> str:
        host, program = (padded(name, width) for name, width in zip(source, self._widths, strict=True))
        return self._paint.source(self._numbers[source], f"{host}  {program} |")
