"""A symbolic link and where it points."""

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
class Link(PathResource):
    """`target` is kept as it is written, and need not exist. A file in the link's place is replaced."""

    path: str
    target: str

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is None:
            yield Difference("target", None, self.target)
        elif found.is_directory:
            raise Conflict(f"{self.path} is a directory, and a link should be there", hint="move it away first")
        elif not found.is_link:
            yield Difference("kind", found.kind, "link")
        elif found.target != self.target:
            yield Difference("target", found.target, self.target)

    def converge(self, host: Host) -> None:
        host.make_link(self.path, self.target)
