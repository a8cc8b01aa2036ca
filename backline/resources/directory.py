"""A directory: its owner, group and mode."""

from __future__ import annotations

from backline.resources.account import owner_names
from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict
from backline.resources.path_resource import PathResource
from backline.resources.resource import KEEP, Difference, ownership_differences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class Directory(PathResource):
    """Parents that are missing are made 0755, for the same owner. What is in it is not looked at."""

    path: str
    mode: int = 0o755
    owner: str = KEEP
    group: str = KEEP

    def needs(self) -> tuple[str, ...]:
        return (*super().needs(), *owner_names(self.owner, self.group))

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is None:
            yield Difference("exists", False, True)
            return
        if not found.is_directory:
            raise Conflict(f"{self.path} is a {found.kind}, and a directory should be there", hint="move it away first")
        yield from ownership_differences(found, self.owner, self.group, self.mode)

    def converge(self, host: Host) -> None:
        host.make_directory(self.path, mode=self.mode, owner=self.owner, group=self.group)
