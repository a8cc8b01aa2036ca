"""A path where nothing should be."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.resource import Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

ALL_OF_OWNER = 0o700


@dataclass(frozen=True)
class Absent(Resource):
    """Removes a file, a link or a whole directory, also one whose directories are not writable, as a release's are."""

    path: str

    @property
    def subject(self) -> str:
        return self.path

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is not None:
            yield Difference("exists", found.kind, None)

    def converge(self, host: Host) -> None:
        try:
            host.remove(self.path)
        except Failure:
            _permit_changes(host, self.path)
            host.remove(self.path)

    def foresee(self, host: Foresight) -> None:
        host.remove(self.path)


def _permit_changes(host: Host, path: str) -> None:
    """Have what is in a directory removable by its owner, at any depth."""
    found = host.status(path)
    if found is None or not found.is_directory:
        return
    if found.mode & ALL_OF_OWNER != ALL_OF_OWNER:
        host.set_mode(path, found.mode | ALL_OF_OWNER)
    for name in host.names(path):
        _permit_changes(host, f"{path}/{name}")
