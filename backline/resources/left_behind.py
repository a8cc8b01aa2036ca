"""Content that stays at the controller until a host needs it, since it is large and mostly there already.

A plan then carries its name and size alone. RequireContents, ahead of the plan, says which are needed; they are sent
into the app's folder for what comes in, and taken from there.
"""

from __future__ import annotations

from backline.resources.blobs import blob_id
from backline.resources.dataclass import dataclass
from backline.resources.failure import ExitCode, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


@dataclass(frozen=True)
class LeftBehind:
    """`blob` is what git calls the content, `size` its bytes, `incoming` the host's folder that it would be sent to."""

    blob: str
    size: int
    incoming: str

    @property
    def path(self) -> str:
        return f"{self.incoming}/{self.blob}"

    def is_there(self, host: Host) -> bool:
        """Whether it was sent."""
        return host.status(self.path) is not None


class ContentNeeded(Failure):
    """Not a mishap: the host needs contents that were left behind, and these are their names."""

    code = ExitCode.FAILED

    def __init__(self, cause: str, *, blobs: tuple[str, ...] = (), **rest: object) -> None:
        super().__init__(cause, **rest)  # type: ignore[arg-type]
        self.blobs = blobs


def received(host: Host, content: bytes | LeftBehind) -> bytes:
    """The bytes, which were sent if they had been left behind. Raises Failure."""
    if isinstance(content, bytes):
        return content
    if not content.is_there(host):
        raise ContentNeeded(f"{content.path} has not come yet", blobs=(content.blob,))
    found = host.read(content.path)
    if blob_id(found) != content.blob:
        raise Failure(f"{content.path} is damaged", hint="run the same command again")
    return found
