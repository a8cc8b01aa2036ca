"""The Python behind a script, under a path that is known beforehand: it runs what the script's first line names.

A link would not do: a virtualenv's Python knows its packages by the path it is called by.
"""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict, Failure
from backline.resources.resource import Difference, Resource, ownership_differences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host

MODE = 0o755
_LONG = b"#!/bin/sh\n'''exec' "
"""How pip and uv begin a script whose Python has a path that is too long, or holds spaces, for a `#!` line."""


@dataclass(frozen=True)
class ScriptInterpreter(Resource):
    """At `path`, a command that is the interpreter of `script`."""

    path: str
    script: str

    @property
    def subject(self) -> str:
        return self.path

    def provides(self) -> tuple[str, ...]:
        return (f"path:{self.path}",)

    def needs(self) -> tuple[str, ...]:
        return (f"path:{self.script}",)

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is None:
            yield Difference("exists", False, True)
            return
        if found.is_directory:
            raise Conflict(f"{self.path} is a directory, and a file should be there", hint="move it away first")
        wanted = self._content(host)
        if not found.is_file or host.read(self.path) != wanted:
            yield Difference("content", "another interpreter", wanted.decode("utf-8", "replace").splitlines()[-1])
        if found.is_file:
            yield from ownership_differences(found, "", "", MODE)

    def converge(self, host: Host) -> None:
        host.write(self.path, self._content(host), mode=MODE)

    def _content(self, host: Host) -> bytes:
        return b"#!/bin/sh\nexec " + interpreter_words(host.read(self.script), self.script) + b' "$@"\n'


def interpreter_words(script: bytes, name: str) -> bytes:
    """The interpreter that a script names, as words of a shell. Raises Failure where it is no Python's script."""
    if script.startswith(_LONG):
        words = script[len(_LONG) :].partition(b"\n")[0].partition(b' "$0"')[0]
    else:
        first = script.partition(b"\n")[0]
        # The kernel passes everything behind the program on as one argument.
        parts = first[2:].strip().split(None, 1) if first.startswith(b"#!") else []
        words = b" ".join(b"'" + part.replace(b"'", b"'\\''") + b"'" for part in parts)
    if b"python" not in words.lower() and b"pypy" not in words.lower():
        raise Failure(
            f"{name} is not a script that names its Python, so the Python that has its package is not known",
            hint="take it off PATH; Backline then brings its own",
        )
    return words
