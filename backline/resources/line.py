"""One line in a file that others write too."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.path_resource import PathResource
from backline.resources.resource import Difference
from backline.resources.text_file import lines_of, write_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class Line(PathResource):
    """The line stands in the file. `instead_of` is a regular expression, sought anywhere in a line: the last line that
    it is found in becomes this one. Without it, or where it is found nowhere, the line is added at the end."""

    path: str
    line: str
    instead_of: str = ""

    @property
    def subject(self) -> str:
        return f"{self.path}: {self.line.strip()}"

    def provides(self) -> tuple[str, ...]:
        return ()  # the file is others' too, and does not go with this line

    def differences(self, host: Host) -> Iterator[Difference]:
        before = lines_of(host, self.path)
        place = self._place(before)
        if place is None:
            yield Difference("line", None, self.line)
        elif before[place] != self.line:
            yield Difference("line", before[place], self.line)

    def converge(self, host: Host) -> None:
        if "\n" in self.line:
            raise ConfigurationError(f"{self.path}: a Line is one line; use a Block for several", lines=(self.line,))
        lines = lines_of(host, self.path)
        place = self._place(lines)
        write_lines(host, self.path, [*lines, self.line] if place is None else _replaced(lines, place, self.line))

    def _place(self, lines: list[str]) -> int | None:
        """Which line is, or is to become, this one."""
        if not self.instead_of:
            return lines.index(self.line) if self.line in lines else None
        import re

        pattern = re.compile(self.instead_of)
        found = [place for place, line in enumerate(lines) if pattern.search(line)]
        if found:
            return found[-1]
        return lines.index(self.line) if self.line in lines else None


def _replaced(lines: list[str], place: int, line: str) -> list[str]:
    return [*lines[:place], line, *lines[place + 1 :]]
