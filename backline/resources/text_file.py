"""A text file that others write too: read as lines, and written back as whose it was."""

from __future__ import annotations

from backline.resources.failure import Conflict
from backline.resources.paths import resolved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.resource import Host

NEW_FILE_MODE = 0o644


def lines_of(host: Host, path: str) -> list[str]:
    """The lines of a file without their ends; none where there is no file. Raises Conflict for something else."""
    place = resolved(host, path)
    found = host.status(place) if place else None
    if place is None or found is None:
        return []
    if not found.is_file:
        raise Conflict(f"{path} is a {found.kind}, and a file should be there", hint="move it away first")
    return lines_in(host.read(place).decode("utf-8", "surrogateescape"))


def lines_in(text: str) -> list[str]:
    """The lines of a text without their ends. Only a newline ends one: `splitlines` takes form feeds and U+2028 too."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def write_lines(host: Host, path: str, lines: Sequence[str]) -> None:
    """Put these lines there; owner, group, mode, and a link that leads to the file stay as they are."""
    place = resolved(host, path) or path
    found = host.status(place)
    content = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    if found is None:
        host.write(place, content, mode=NEW_FILE_MODE)
    else:
        host.write(place, content, mode=found.mode, owner=found.owner, group=found.group)
