"""A file that says nothing any more: of what is included by another, which would miss one that is gone."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict
from backline.resources.path_resource import PathResource
from backline.resources.resource import Difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class Emptied(PathResource):
    """Where there is such a file, nothing is in it; its owner, group and mode stay. It is not made."""

    path: str

    def provides(self) -> tuple[str, ...]:
        return ()

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is None:
            return
        if not found.is_file:
            raise Conflict(f"{self.path} is a {found.kind}, and a file should be there", hint="move it away first")
        if found.size:
            yield Difference("content", f"{found.size} bytes", "nothing")  # which may have been a password

    def converge(self, host: Host) -> None:
        found = host.status(self.path)
        if found is not None:
            host.write(self.path, b"", mode=found.mode, owner=found.owner, group=found.group)
