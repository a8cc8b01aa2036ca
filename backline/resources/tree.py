"""A whole release made from git's blobs: all of its files, or none of it."""

from __future__ import annotations

import os

from backline.resources.blobs import (
    MANIFEST,
    MODES,
    SYMBOLIC_LINK,
    TreeFile,
    blob_id,
    check_files,
    content_of,
    holders,
    intact_content,
    manifest_text,
)
from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict, Failure
from backline.resources.path_resource import PathResource
from backline.resources.paths import parent
from backline.resources.resource import Difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

__all__ = ["Tree", "TreeFile"]


@dataclass(frozen=True)
class Tree(PathResource):
    """`path` is a directory in `releases`. A blob comes from a release that has it, else from `<incoming>/<blob id>`;
    either way its bytes are hashed before they are used.

    What else lies in the directory (`.venv`, links to shared folders, bytecode) is not looked at."""

    path: str
    files: tuple[TreeFile, ...]
    releases: str
    incoming: str

    def differences(self, host: Host) -> Iterator[Difference]:
        check_files(self.files)
        found = host.status(self.path)
        if found is None:
            yield Difference("exists", False, True)
            return
        if not found.is_directory:
            raise Conflict(f"{self.path} is a {found.kind}, and a release should be there", hint="move it away first")
        for file in self.files:
            yield from self._file_differences(host, file)
        if content_of(host, f"{self.path}/{MANIFEST}", "100644") != manifest_text(self.files):
            yield Difference("manifest", None, f"{len(self.files)} files")

    def converge(self, host: Host) -> None:
        """Stage every file that is wrong, whole and hashed, beside the release; only then put anything in place."""
        held = holders(host, self.releases)
        wrong = tuple(file for file in self.files if any(self._file_differences(host, file)))
        staging = f"{parent(self.path)}/.{self.path.rpartition('/')[2]}.building"
        made_anew = host.status(self.path) is None
        host.remove(staging)  # a run that was killed may have left it
        try:
            host.call(lambda: self._stage(host, staging, wrong, held))
            if made_anew:
                host.rename(staging, self.path)
            else:
                host.call(lambda: self._mend(staging, wrong))
        finally:
            host.remove(staging)

    def foresee(self, host: Foresight) -> None:
        """The folders and the manifest; what is in the files is on its way yet, and nobody asks."""
        folders = {parent(f"{self.path}/{path}") for path in (MANIFEST, *(file.path for file in self.files))}
        for folder in sorted(folders):
            if host.status(folder) is None:
                host.make_directory(folder, mode=0o755)
        host.write(f"{self.path}/{MANIFEST}", manifest_text(self.files), mode=MODES["100644"])

    def _file_differences(self, host: Host, file: TreeFile) -> Iterator[Difference]:
        path = f"{self.path}/{file.path}"
        found = host.status(path)
        content = content_of(host, path, file.mode)
        if found is None:
            yield Difference(file.path, None, file.blob)
        elif content is None:
            yield Difference(file.path, found.kind, "link" if file.mode == SYMBOLIC_LINK else "file")
        elif blob_id(content) != file.blob:
            yield Difference(file.path, blob_id(content), file.blob)
        elif file.mode != SYMBOLIC_LINK and found.mode != MODES[file.mode]:
            yield Difference(file.path, f"{found.mode:04o}", f"{MODES[file.mode]:04o}")

    def _stage(
        self, host: Host, staging: str, files: tuple[TreeFile, ...], held: dict[str, list[tuple[str, str]]]
    ) -> None:
        _make_directory(staging)
        for file in files:
            _make_file(f"{staging}/{file.path}", self._content(host, file, held), file.mode)
        _make_file(f"{staging}/{MANIFEST}", manifest_text(self.files), "100644")
        for directory, _, names in os.walk(staging):
            for name in names:
                _sync(f"{directory}/{name}")
            _sync(directory)

    def _content(self, host: Host, file: TreeFile, held: dict[str, list[tuple[str, str]]]) -> bytes:
        places = (*held.get(file.blob, ()), (f"{self.incoming}/{file.blob}", "100644"))
        content = intact_content(host, file.blob, places)
        if content is None:
            raise Failure(
                f"the content of {file.path} (blob {file.blob}) is not on the host",
                hint="it was sent incompletely or removed meanwhile; run the same command again",
            )
        return content

    def _mend(self, staging: str, files: tuple[TreeFile, ...]) -> None:
        """Put the staged files in place, each by one rename: programs of this release may be running."""
        for path in (*(file.path for file in files), MANIFEST):
            place = f"{self.path}/{path}"
            _make_directory(parent(place))
            if os.path.isdir(place) and not os.path.islink(place):
                os.rmdir(place)  # what is not empty is not ours to remove: it fails by name
            os.rename(f"{staging}/{path}", place)


def _make_directory(path: str) -> None:
    """A directory with its parents, 0755 whatever the umask is."""
    if os.path.isdir(path):
        return
    _make_directory(parent(path))
    os.mkdir(path)
    os.chmod(path, 0o755)


def _make_file(path: str, content: bytes, mode: str) -> None:
    _make_directory(parent(path))
    if mode == SYMBOLIC_LINK:
        os.symlink(content, os.fsencode(path))
        return
    with open(path, "xb") as file:
        try:
            file.write(content)
        except OSError as error:
            error.filename = path  # which Python leaves out where the file was open already
            raise
        os.fchmod(file.fileno(), MODES[mode])


def _sync(path: str) -> None:
    """Have it on disk; done for all at the end, when the kernel has begun to write already."""
    if os.path.islink(path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
