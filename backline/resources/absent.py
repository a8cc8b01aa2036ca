"""A path where nothing should be."""

from __future__ import annotations

from dataclasses import dataclass

from backline.resources.resource import Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class Absent(Resource):
    """Removes a file, a link or a whole directory."""

    path: str

    @property
    def subject(self) -> str:
        return self.path

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is not None:
            yield Difference("exists", found.kind, None)

    def converge(self, host: Host) -> None:
        host.remove(self.path)
