"""Records what the commands of a document say, into its own blocks: `python -m tests.host.documents.recording FILE`.

A console block below `<!-- recorded -->` is run and written anew, the commands in its lines behind `$`. What stands in
`<!-- before: COMMAND -->` is run and not shown; texts that belong into files are put there, those of another document
at `<!-- after: FILE -->`. Names of this machine become those of the story; all else is what was said."""

from __future__ import annotations

import getpass
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from backline.commands.sandbox.processes import stop_processes
from tests.host.documents.checkout import HERE, Checkout, Ended, copy_checkout
from tests.host.documents.document import CONTROL_C, Block, Command, Text, blocks
from tests.host.documents.own_server import own_server

RECORDED = "<!-- recorded -->"
BEFORE = re.compile(r"<!-- before: (.+) -->")
AFTER = re.compile(r"<!-- after: (.+) -->")


@dataclass(frozen=True)
class Scene:
    """A checkout of one's own with a server `web1` that a real sshd makes reachable."""

    checkout: Checkout
    names: Mapping[str, str]
    """What is called otherwise in the story."""
    places: Mapping[str, str] = field(default_factory=dict)
    """What the story's own files and commands name, and what it is here."""

    def put(self, text: Text) -> None:
        """A text of the story into its file."""
        replace(text, text=self._here(text.text)).put_into(self.checkout.folder)

    def run(self, command: Command) -> Ended:
        """Do it; its words are those of the story."""
        ended = self.checkout.run(self._here(command.line), interrupted=command.is_interrupted)
        said = ended.said
        for name, told in self.names.items():
            said = said.replace(name, told)
        return Ended(said, ended.code)

    def _here(self, text: str) -> str:
        for told, real in self.places.items():
            text = text.replace(told, real)
        return text


@contextmanager
def scene() -> Iterator[Scene]:
    """It ends with the block, and every process of it."""
    folders = [Path(tempfile.mkdtemp(prefix=prefix)) for prefix in ("bl-", "bs-", "bo-")]
    folder, root, server = folders
    try:
        checkout = copy_checkout(folder, root / "s", LOGNAME="anna")
        with own_server(server, folder) as home:
            yield Scene(
                checkout,
                {
                    str(home): "/home/anna",
                    str(root / "s"): "/home/anna/backline/.backline/sandbox",
                    str(folder): "/home/anna/backline",
                    f"{getpass.getuser()}@": "anna@",
                    f" as {getpass.getuser()}\n": " as anna\n",
                },
            )
    finally:
        stop_processes(root / "s")
        for directory in folders:
            shutil.rmtree(directory, ignore_errors=True)


def recorded(markdown: str, scene: Scene) -> str:
    """The document with what its commands say now. Raises AssertionError where one ends otherwise than before."""
    lines, result, done = markdown.splitlines(), [], 0
    for block in blocks(markdown):
        prose = lines[done : block.first]
        _prepare(prose, scene)
        result += prose
        result += _followed(block, scene)
        done = block.last
    return "\n".join([*result, *lines[done:], ""])


def _prepare(prose: list[str], scene: Scene) -> None:
    """What is not shown: the texts of a document that the reader has followed before, and commands."""
    for line in prose:
        if after := AFTER.fullmatch(line):
            _put_texts((HERE / after[1]).read_text(encoding="utf-8"), scene)
        if before := BEFORE.fullmatch(line):
            ended = scene.run(Command(before[1], ""))
            assert ended.code == 0, f"$ {before[1]}\n{ended.said}"


def _put_texts(markdown: str, scene: Scene) -> None:
    for block in blocks(markdown):
        for step in block.steps():
            if isinstance(step, Text):
                scene.put(step)


def _followed(block: Block, scene: Scene) -> Iterator[str]:
    """The lines of a block after it was followed."""
    if block.above == RECORDED:
        for step in block.steps():
            assert isinstance(step, Command)
            yield from told(step, scene.run(step))
        return
    for step in block.steps():
        if isinstance(step, Text):
            scene.put(step)
    yield from block.lines


def told(command: Command, ended: Ended) -> Iterator[str]:
    """A command and what it said, as the document shows it."""
    yield f"$ {command.line}"
    yield from (line.rstrip() for line in ended.said.strip("\n").splitlines())
    if command.is_interrupted:
        yield CONTROL_C
        return
    assert ended.code == command.code, f"$ {command.line}\n{ended.said}[exit code {ended.code}]"
    if ended.code:
        yield f"[exit code {ended.code}]"


def main() -> None:
    for name in sys.argv[1:]:
        file = HERE / name
        with scene() as here:
            text = recorded(file.read_text(encoding="utf-8"), here)
        file.write_text(text, encoding="utf-8")
        print(f"recorded {name}")


if __name__ == "__main__":
    main()
