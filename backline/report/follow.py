"""Lines of several logs as one stream, each behind the host, the worker and the generation that wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TextIO

from rich.cells import cell_len

from backline.report.cells import padded, printable, wants_color
from backline.report.log_lines import LogLine, Source
from backline.report.paint import Paint


class Follower:
    """Writes lines as they come. Knowing the `sources` before aligns them from the first line on."""

    def __init__(self, stream: TextIO, sources: Iterable[Source] = (), color: bool | None = None) -> None:
        self._stream = stream
        self._paint = Paint(wants_color(stream) if color is None else color)
        self._numbers: dict[Source, int] = {}
        self._widths = (0, 0, 0)
        self._prefixes: dict[Source, str] = {}
        self.know(sources)

    def know(self, sources: Iterable[Source]) -> None:
        """Sources whose lines are to come: they stand in one column from the first on."""
        for source in sources:
            if source not in self._numbers:
                self._numbers[source] = len(self._numbers)
                host, name, generation = map(cell_len, _columns(source))
                self._widths = (
                    max(self._widths[0], host),
                    max(self._widths[1], name),
                    max(self._widths[2], generation),
                )
                self._prefixes.clear()

    def __call__(self, lines: Iterable[LogLine]) -> None:
        for line in lines:
            self._stream.write(f"{self._prefix(line.source)} {printable(line.text)}".rstrip() + "\n")
        self._stream.flush()

    def _prefix(self, source: Source) -> str:
        if source not in self._prefixes:
            self.know((source,))
            columns = (padded(name, width) for name, width in zip(_columns(source), self._widths, strict=True))
            self._prefixes[source] = self._paint.source(self._numbers[source], f"{'  '.join(columns)} |")
        return self._prefixes[source]


class JsonFollower:
    """Writes an object for each line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def know(self, sources: Iterable[Source]) -> None:
        """Nothing has to be aligned."""

    def __call__(self, lines: Iterable[LogLine]) -> None:
        for line in lines:
            self._stream.write(json.dumps(line.document(), ensure_ascii=False) + "\n")
        self._stream.flush()


def _columns(source: Source) -> tuple[str, str, str]:
    return source.host, source.name, source.generation
