"""What a Python program's output says of why it failed: the exception, and the line of the project that raised it."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

FRAME = r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)'
RAISED = r"^(?P<name>(?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?:: (?P<text>.*))?$"
TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class PythonError:
    """`raised` is the exception's own line; `where` is `shop/urls.py:3`, empty if no line is the project's."""

    raised: str
    where: str

    def __str__(self) -> str:
        return f"{self.raised} ({self.where})" if self.where else self.raised


def python_error(lines: Sequence[str], directory: str) -> PythonError | None:
    """The last exception whose traceback stands in `lines`; `directory` is the project's, whose own lines matter."""
    import re

    found = None
    where = ""
    inside = False
    for line in lines:
        frame = re.match(FRAME, line)
        if line.lstrip().startswith(TRACEBACK):
            inside, where = True, ""
        elif frame and (inside or not where):
            inside = True  # a SyntaxError's last frame, or a traceback whose head was cut off
            where = _in_project(frame["file"], frame["line"], directory) or where
        elif inside and re.match(RAISED, line):
            found = PythonError(line.strip(), where)
            inside = False
    return found


def _in_project(file: str, line: str, directory: str) -> str:
    import os

    inside = os.path.relpath(os.path.join(directory, file), directory)
    outside = inside.startswith("..") or "site-packages" in inside or inside.startswith(".venv")
    return "" if outside else f"{inside}:{line}"
