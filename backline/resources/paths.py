"""Paths in the words of a plan, and where they lead on a host."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host

MOST_LINKS = 40
PATH = "path:"
"""What the name of a path begins with, among the names of what resources provide and need."""


def parent(path: str) -> str:
    """The directory that a path is in."""
    return path.rstrip("/").rpartition("/")[0] or "/"


def path_name(path: str) -> str:
    """What a resource says that it provides or needs when it means a path."""
    return f"{PATH}{path.rstrip('/') or '/'}"


def lies_in(path: str, directory: str) -> bool:
    """Whether a path is a directory's, or that directory, by their names."""
    return f"{path.rstrip('/')}/".startswith(f"{directory.rstrip('/')}/")


def resolved(host: Host, path: str) -> str | None:
    """Where a path leads when the links that it ends in are followed; None for nowhere."""
    for _ in range(MOST_LINKS):
        found = host.status(path)
        if found is None:
            return None
        if not found.is_link:
            return path
        path = found.target if found.target.startswith("/") else f"{parent(path)}/{found.target}"
    return None


def is_program(host: Host, path: str) -> bool:
    """Whether a path leads to a file that may be executed."""
    end = resolved(host, path)
    found = host.status(end) if end else None
    return found is not None and found.is_file and found.mode & 0o111 != 0
