"""A document that can be followed: its texts go into the files that it names, its commands are run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

WHERE = re.compile(
    r"(?:In )?(?P<quote>`+) ?(?P<file>.+?) ?(?P=quote)"
    r"(?:, (?P<how>at the end|instead of the line that begins with|below the line that begins with)"
    r"(?: (?P<ticks>`+) ?(?P<line>.+?) ?(?P=ticks))?)?:"
)
"""The line above a block of text that belongs into a file."""
ANYTHING = "…"
EXIT = re.compile(r"^\[exit code (\d+)\]\n?\Z", re.MULTILINE)
CONTROL_C = "^C"
"""The last line of what a command says that does not end by itself."""


@dataclass(frozen=True)
class Text:
    """What belongs into a file: as a whole, or at a place of it."""

    file: str
    how: str
    line: str
    text: str

    def put_into(self, folder: Path) -> None:
        """Write it."""
        file = folder / self.file
        if not self.how:
            assert not file.exists(), f"{self.file} is there already, and should be a new file"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.text)
        elif self.how == "at the end":
            file.write_text(file.read_text() + self.text)
        else:
            self._put_beside(file)

    def _put_beside(self, file: Path) -> None:
        lines = file.read_text().splitlines(keepends=True)
        places = [place for place, line in enumerate(lines) if line.startswith(self.line)]
        assert len(places) == 1, f"{self.file}: {len(places)} lines begin with {self.line!r}"
        place = places[0]
        kept = [] if self.how.startswith("instead") else [lines[place]]
        file.write_text("".join([*lines[:place], *kept, self.text, *lines[place + 1 :]]))


@dataclass(frozen=True)
class Command:
    """What is typed, and what it must answer."""

    line: str
    output: str
    code: int = 0

    def agrees_with(self, said: str) -> bool:
        """Whether this is the output, with anything where the document has dots."""
        parts = (re.escape(part) for part in self.output.strip().split(ANYTHING))
        return re.fullmatch(".*".join(parts), said.strip(), re.DOTALL) is not None

    @property
    def is_interrupted(self) -> bool:
        return self.output.rstrip().endswith(CONTROL_C)


@dataclass(frozen=True)
class Block:
    """A fenced block: the heading that it is under, the line above it, and where its lines lie in the document."""

    title: str
    above: str
    language: str
    lines: tuple[str, ...]
    first: int

    @property
    def last(self) -> int:
        return self.first + len(self.lines)

    def steps(self) -> Iterator[Text | Command]:
        """What is to be done; nothing where the block is neither named nor a console."""
        text = "".join(f"{line}\n" for line in self.lines)
        where = WHERE.fullmatch(self.above)
        if self.language == "console":
            yield from _commands(text)
        elif where:
            yield Text(where["file"], where["how"] or "", where["line"] or "", text)


@dataclass
class Section:
    """What is to be done under one heading, in its order."""

    title: str
    steps: list[Text | Command] = field(default_factory=list)


def blocks(markdown: str) -> Iterator[Block]:
    """The fenced blocks of a document, in their order."""
    title = above = ""
    lines = markdown.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith("## "):
            title = line.removeprefix("## ")
        elif line.startswith("```"):
            end = lines.index("```", number)
            yield Block(title, above, line.removeprefix("```"), tuple(lines[number:end]), number)
            number = end + 1
        above = line or above


def sections(markdown: str) -> list[Section]:
    """The sections of a document that have blocks, each with its steps."""
    found: list[Section] = []
    for block in blocks(markdown):
        if not found or found[-1].title != block.title:
            found.append(Section(block.title))
        found[-1].steps += block.steps()
    return found


def _commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        ended = EXIT.search(output)
        yield Command(line, EXIT.sub("", output), int(ended[1]) if ended else 0)
