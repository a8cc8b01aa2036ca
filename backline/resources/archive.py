"""An unpacked tar archive: the directory that it was unpacked into, whole."""

from __future__ import annotations

from backline.resources.absent import Absent
from backline.resources.account import owner_names
from backline.resources.blobs import blob_id
from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict, Failure
from backline.resources.left_behind import LeftBehind, received
from backline.resources.path_resource import PathResource
from backline.resources.paths import parent
from backline.resources.resource import KEEP, Difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host, Resource

MARKER_MODE = 0o644
DIRECTORY_MODE = 0o755


@dataclass(frozen=True)
class Archive(PathResource):
    """`content` is a tar file, packed or not; its names are below the directory. `path` is made by one rename, when all
    of it is there and belongs to `owner`; whatever directory was there is replaced.

    Which archive it was, a hidden file beside the directory tells; what was changed in it since is not looked for."""

    path: str
    content: bytes | LeftBehind
    owner: str = KEEP
    group: str = KEEP

    @property
    def marker(self) -> str:
        """Holds what git calls the archive."""
        return f"{parent(self.path)}/.{self.path.rpartition('/')[2]}.archive"

    def needs(self) -> tuple[str, ...]:
        return (*super().needs(), *owner_names(self.owner, self.group))

    def undone(self) -> tuple[Resource, ...]:
        return (Absent(self.path), Absent(self.marker))

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is not None and not found.is_directory:
            raise Conflict(f"{self.path} is a {found.kind}, and a directory should be there", hint="move it away first")
        unpacked = host.read(self.marker).decode().strip() if found and host.status(self.marker) else None
        if unpacked != self._name:
            yield Difference("archive", unpacked, self._name)

    def converge(self, host: Host) -> None:
        content = received(host, self.content)
        staging = f"{parent(self.path)}/.{self.path.rpartition('/')[2]}.unpacking"
        host.remove(staging)  # a run that was killed may have left it
        try:
            host.make_directory(staging, mode=DIRECTORY_MODE, owner=self.owner, group=self.group)
            host.call(lambda: _unpack(content, staging, self.path))
            for path in _below(host, staging) if self.owner or self.group else ():
                host.set_ownership(path, self.owner, self.group)
            host.remove(self.marker)
            host.remove(self.path)
            host.rename(staging, self.path)
        finally:
            host.remove(staging)
        self._mark(host)

    def foresee(self, host: Foresight) -> None:
        """The directory, without what is in the archive: that may not have come."""
        host.remove(self.path)
        host.make_directory(self.path, mode=DIRECTORY_MODE, owner=self.owner, group=self.group)
        self._mark(host)

    @property
    def _name(self) -> str:
        return blob_id(self.content) if isinstance(self.content, bytes) else self.content.blob

    def _mark(self, host: Host) -> None:
        host.write(self.marker, f"{self._name}\n".encode(), mode=MARKER_MODE)


def _unpack(content: bytes, directory: str, what: str) -> None:
    """Names that lead out of the directory, devices, and owners are not taken from the archive. Raises Failure."""
    import io
    import os
    import tarfile

    previous = os.umask(0o022)
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive.getmembers():
                _refuse(member.name, member.linkname if member.issym() or member.islnk() else "", what)
                if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
                    raise Failure(f"the archive of {what} holds {member.name}, which is neither file nor link")
                member.uid, member.gid = os.geteuid(), os.getegid()
                member.uname = member.gname = ""
                member.mode &= 0o777
                archive.extract(member, directory)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Failure(f"the archive of {what} cannot be unpacked: {error}") from error
    finally:
        os.umask(previous)


def _refuse(name: str, target: str, what: str) -> None:
    """Raises Failure for what would be written, or lead, outside."""
    for path in (name, target):
        if path.startswith("/") or ".." in path.split("/"):
            raise Failure(f"the archive of {what} holds {path}, which leads out of it")


def _below(host: Host, directory: str) -> Iterator[str]:
    """Everything in a directory, at any depth; links not followed."""
    for name in host.names(directory):
        path = f"{directory}/{name}"
        yield path
        found = host.status(path)
        if found is not None and found.is_directory:
            yield from _below(host, path)
