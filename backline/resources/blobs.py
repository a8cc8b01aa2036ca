"""Git's blobs on a host: what a release's tree is made of, who has which blob, and whether it still has it whole."""

from __future__ import annotations

import json

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backline.resources.resource import Host

PLAIN = "100644"
EXECUTABLE = "100755"
SYMBOLIC_LINK = "120000"
MODES = {PLAIN: 0o644, EXECUTABLE: 0o755}
OWN_FOLDER = ".backline"
MANIFEST = f"{OWN_FOLDER}/manifest"


@dataclass(frozen=True)
class TreeFile:
    """One file of a tree: its path in the tree, its blob's id (git's SHA-1), its mode as git writes it."""

    path: str
    blob: str
    mode: str


def blob_id(content: bytes) -> str:
    """What git calls a content."""
    from hashlib import sha1

    digest = sha1(b"blob %d\0" % len(content))
    digest.update(content)  # not added to the head: a large content would be in memory twice
    return digest.hexdigest()


def manifest_text(files: Iterable[TreeFile]) -> bytes:
    """One line a file: mode, blob, and the path as a JSON string, since a path may hold a newline."""
    return "".join(f"{file.mode} {file.blob} {json.dumps(file.path)}\n" for file in files).encode("ascii")


def files_in_manifest(content: bytes) -> tuple[TreeFile, ...]:
    """What `manifest_text` was given. Raises ValueError for what it did not write."""
    lines = (line.split(" ", 2) for line in content.decode("ascii").splitlines())
    return tuple(TreeFile(json.loads(path), blob, mode) for mode, blob, path in lines)


def check_files(files: tuple[TreeFile, ...]) -> None:
    """Refuse what a release cannot hold: a submodule, a path that leaves the tree or is ours."""
    for file in files:
        parts = file.path.split("/")
        if file.mode not in (*MODES, SYMBOLIC_LINK):
            raise Failure(
                f"{file.path} has mode {file.mode} in git, and a release can hold files and links only",
                hint="a submodule (160000) is not carried; commit its files instead",
            )
        if parts[0] == OWN_FOLDER:
            raise Failure(f"{file.path}: the folder {OWN_FOLDER} of a release is Backline's own", hint="rename yours")
        if {"", ".", ".."} & set(parts) or "\0" in file.path:
            raise Failure(f"{file.path!r} is not a path inside a tree")


def content_of(host: Host, path: str, mode: str) -> bytes | None:
    """The bytes that git would take for a path's blob; None where what lies there is not of that mode."""
    found = host.status(path)
    if found is None:
        return None
    if mode == SYMBOLIC_LINK:
        return found.target.encode("utf-8", "surrogateescape") if found.is_link else None
    return host.read(path) if found.is_file else None


def holders(host: Host, releases: str) -> dict[str, list[tuple[str, str]]]:
    """Blob id → the paths, each with its mode, at which releases should have it, the newest release first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(host.names(releases), key=_release_order, reverse=True):
        for file in _manifest_of(host, f"{releases}/{name}"):
            found.setdefault(file.blob, []).append((f"{releases}/{name}/{file.path}", file.mode))
    return found


def intact_content(host: Host, blob: str, places: Iterable[tuple[str, str]]) -> bytes | None:
    """The content of a blob from the first place that has it whole; None where no place has."""
    for path, mode in places:
        content = content_of(host, path, mode)
        if content is not None and blob_id(content) == blob:
            return content
    return None


def _manifest_of(host: Host, release: str) -> Iterator[TreeFile]:
    path = f"{release}/{MANIFEST}"
    found = host.status(path)
    if found is None or not found.is_file:
        return iter(())
    try:
        return iter(files_in_manifest(host.read(path)))
    except ValueError:
        return iter(())  # a damaged manifest vouches for nothing


def _release_order(name: str) -> tuple[int, str]:
    return (int(name) if name.isdigit() else -1), name
