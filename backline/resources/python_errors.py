"""What a Python program's output says of why it failed: the exception, and the line of the project that raised it."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

FRAME = r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)'
RAISED = r"^(?P<name>(?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?:: (?P<text>.*))?$"
MARKS = r"^\s+[~^]+$"
"""What Python draws below a line, to show which part of it failed."""
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


def advice(error: PythonError | None) -> str:
    """What to do about it, with the place where that is known."""
    return f"mend {error.where}, and commit" if error and error.where else "mend what these lines tell, and commit"


def without_libraries(lines: Sequence[str], directory: str) -> tuple[str, ...]:
    """The lines with only the project's own frames of every traceback, its files named from `directory` on. A traceback
    without any frame of the project is left as it is."""
    import re

    kept: list[str] = []
    ours = own_seen = True
    for line in lines:
        frame = re.match(FRAME, line)
        if frame:
            where = _in_project(frame["file"], frame["line"], directory)
            ours = bool(where)
            own_seen = own_seen or ours
            line = line.replace(frame["file"], where.rpartition(":")[0]) if where else line
        elif line.lstrip().startswith(TRACEBACK):
            ours, own_seen = True, False
        elif not line.startswith("   "):
            ours = True
        if ours and not re.match(MARKS, line):
            kept.append(line)
    return tuple(kept) if own_seen else tuple(lines)


def _in_project(file: str, line: str, directory: str) -> str:
    import os

    inside = os.path.relpath(os.path.join(directory, file), directory)
    # `<frozen importlib._bootstrap>` is no file at all.
    outside = inside.startswith(("..", "<")) or "site-packages" in inside or inside.startswith(".venv")
    return "" if outside else f"{inside}:{line}"
