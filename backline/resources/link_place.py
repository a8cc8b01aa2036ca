"""A path at which deploys put a link: what is somebody's own there is refused, before anything is done."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict
from backline.resources.path_resource import PathResource
from backline.resources.paths import parent
from backline.resources.resource import Difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host

FOLDER_MODE = 0o755


@dataclass(frozen=True)
class LinkPlace(PathResource):
    """Nothing is there, or a link, which is left as it is. The folder that it is in is made where there is none."""

    path: str

    def provides(self) -> tuple[str, ...]:
        """Nothing: what is there is a deploy's, or somebody's own, which must not go with the app."""
        return ()

    def needs(self) -> tuple[str, ...]:
        """Nothing: it makes its folder by itself, for that is not the app's."""
        return ()

    def differences(self, host: Host) -> Iterator[Difference]:
        require_free(host, self.path)
        if host.status(parent(self.path)) is None:
            yield Difference("folder", None, parent(self.path))

    def converge(self, host: Host) -> None:
        host.make_directory(parent(self.path), mode=FOLDER_MODE)


def require_free(host: Host, path: str) -> None:
    """Raises Conflict where something else than a link is: it might be somebody's only copy."""
    found = host.status(path)
    if found is not None and not found.is_link:
        raise Conflict(
            f"{path} is a {found.kind}, and deploys put a link there",
            hint="move what is there away first",
        )
