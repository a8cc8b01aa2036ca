"""Where a value was written: the file and the line that a person would open."""

from __future__ import annotations

from backline.resources.dataclass import dataclass


@dataclass(frozen=True)
class Origin:
    """A file, as the person named it, and a line counted from 1 (0: the file as a whole)."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file
