"""Some lines of ours in a file that others write too, between two marks."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.path_resource import PathResource
from backline.resources.resource import Difference
from backline.resources.text_file import lines_in, lines_of, write_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class Block(PathResource):
    """`name` tells one block of a file from another; `comment` is what begins a comment in this file. A new block is
    added at the end; one that is there is replaced where it stands."""

    path: str
    name: str
    content: str
    comment: str = "#"

    @property
    def subject(self) -> str:
        return f"{self.path}: {self.name}"

    def provides(self) -> tuple[str, ...]:
        return ()  # the file is others' too, and does not go with this block

    def differences(self, host: Host) -> Iterator[Difference]:
        lines = lines_of(host, self.path)
        begin, end = self._span(lines)
        found = lines[begin:end]
        if found != self._lines():
            yield Difference("block", "\n".join(found[1:-1]) if found else None, self.content)

    def converge(self, host: Host) -> None:
        lines = lines_of(host, self.path)
        begin, end = self._span(lines)
        write_lines(host, self.path, [*lines[:begin], *self._lines(), *lines[end:]])

    def _lines(self) -> list[str]:
        return [self._mark("begin"), *lines_in(self.content), self._mark("end")]

    def _mark(self, which: str) -> str:
        return f"{self.comment} {which} {self.name} (written by Backline)"

    def _span(self, lines: list[str]) -> tuple[int, int]:
        """From where to where the block stands; where a mark is missing, nowhere: an empty place at the end. A mark
        that lost its other one is left alone, as a comment."""
        ends = [place for place, line in enumerate(lines) if line == self._mark("end")]
        before = lines[: ends[-1]] if ends else []
        begins = [place for place, line in enumerate(before) if line == self._mark("begin")]
        return (begins[-1], ends[-1] + 1) if begins else (len(lines), len(lines))
