"""A file: its content, mode, owner and group."""

from __future__ import annotations

from backline.resources.account import owner_names
from backline.resources.blobs import blob_id
from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict, Failure
from backline.resources.left_behind import LeftBehind, received
from backline.resources.path_resource import PathResource
from backline.resources.resource import KEEP, Difference, ownership_differences
from backline.resources.secret import MASK, Secret, masked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

LONGEST_SHOWN = 64 * 1024
"""A content with more bytes is described instead of shown."""


@dataclass(frozen=True)
class File(PathResource):
    """Replaced atomically. `validate` is an argv in which `{}` stands for the candidate's path; when it exits other
    than 0 the old file stays. `secrets` are what must not show where the content tells of a difference; a value that
    the content quotes or escapes is to be named as it stands there."""

    path: str
    content: str | bytes | Secret | LeftBehind
    mode: int = 0o644
    owner: str = KEEP
    group: str = KEEP
    validate: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()

    def written_files(self) -> tuple[File, ...]:
        return (self,)

    def needs(self) -> tuple[str, ...]:
        return (*super().needs(), *owner_names(self.owner, self.group))

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is None:
            yield Difference("content", None, self._shown_new())
            return
        if found.is_directory:
            raise Conflict(f"{self.path} is a directory, and a file should be there", hint="move it away first")
        if not found.is_file:
            yield Difference("kind", found.kind, "file")
            return
        before = host.read(self.path)
        if not self._is_wanted(before):
            yield Difference("content", self._shown_old(before), self._shown_new())
        yield from ownership_differences(found, self.owner, self.group, self.mode)

    def converge(self, host: Host) -> None:
        content = received(host, self.content) if isinstance(self.content, LeftBehind) else self._wanted()
        try:
            host.write(self.path, content, mode=self.mode, owner=self.owner, group=self.group, validate=self.validate)
        except Failure as failure:
            failure.lines = tuple(self._told(line) for line in failure.lines)  # a validator quotes what it refuses
            raise

    def foresee(self, host: Foresight) -> None:
        """Of what was left behind the content does not come to be looked at."""
        if isinstance(self.content, LeftBehind):
            host.write(self.path, b"", mode=self.mode, owner=self.owner, group=self.group)
        else:
            self.converge(host)

    def _is_wanted(self, content: bytes) -> bool:
        if isinstance(self.content, LeftBehind):
            return len(content) == self.content.size and blob_id(content) == self.content.blob
        return content == self._wanted()

    def _wanted(self) -> bytes:
        """All of the content, which was not left behind."""
        assert not isinstance(self.content, LeftBehind)
        if isinstance(self.content, bytes):
            return self.content
        text = self.content.reveal() if isinstance(self.content, Secret) else self.content
        return text.encode("utf-8", "surrogateescape")

    def _hidden(self) -> frozenset[str]:
        return frozenset(secret.reveal() for secret in self.secrets)

    def _told(self, line: str) -> str:
        return MASK if isinstance(self.content, Secret) else masked(line, self._hidden())

    def _shown(self, content: bytes) -> object:
        """The content as a difference may tell it."""
        if isinstance(self.content, Secret):
            return Secret("")  # the value itself need not travel to be hidden
        text = _as_text(content)
        return _described(content) if text is None else masked(text, self._hidden())

    def _shown_new(self) -> object:
        if isinstance(self.content, LeftBehind):
            return _named(self.content.size, self.content.blob)
        return self._shown(self._wanted())

    def _shown_old(self, content: bytes) -> object:
        """The old content as a difference may tell it. It may hold the secrets of before, which nobody here knows:
        where there are secrets, only the lines that stay are shown."""
        if isinstance(self.content, LeftBehind):
            return _named(len(content), blob_id(content))
        shown = self._shown(content)
        if not self.secrets or not isinstance(shown, str):
            return shown
        staying = frozenset(str(self._shown(self._wanted())).splitlines())
        lines = (line if line.rstrip("\n") in staying else f"{MASK}\n" for line in shown.splitlines(keepends=True))
        return "".join(lines)


def _as_text(content: bytes) -> str | None:
    if len(content) > LONGEST_SHOWN:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _named(size: int, blob: str) -> str:
    return f"{size} bytes, blob {blob[:16]}…"


def _described(content: bytes) -> str:
    from hashlib import sha256

    return f"{len(content)} bytes, sha256 {sha256(content).hexdigest()[:16]}…"
