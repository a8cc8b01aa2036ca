"""Says which contents that were left behind are needed, before anything is changed by a plan that has them."""

from __future__ import annotations

from backline.resources.archive import Archive
from backline.resources.dataclass import dataclass
from backline.resources.file import File
from backline.resources.left_behind import ContentNeeded, LeftBehind
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


@dataclass(frozen=True)
class RequireContents(Action):
    """Fails with ContentNeeded where one of these differs and its content has not been sent; in check mode never."""

    resources: tuple[File | Archive, ...]

    def perform(self, host: Host) -> None:
        needed = tuple(
            resource.content.blob
            for resource in self.resources
            if isinstance(resource.content, LeftBehind)
            and not resource.content.is_there(host)
            and any(resource.differences(host))
        )
        if needed:
            raise ContentNeeded("contents are needed that were left behind", blobs=needed)


@dataclass(frozen=True)
class DropContents(Action):
    """Removes what was sent, once it is where it should be."""

    incoming: str

    def perform(self, host: Host) -> None:
        host.remove(self.incoming)
