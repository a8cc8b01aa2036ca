"""Which blobs of a tree no release on the host has whole: what the controller must send, and no more."""

from __future__ import annotations

from backline.resources.blobs import TreeFile, check_files, holders, intact_content
from backline.resources.dataclass import dataclass
from backline.resources.resource import Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


@dataclass(frozen=True)
class MissingBlobs(Question):
    """Answers the missing blobs' ids, each once, in the order of `files`."""

    files: tuple[TreeFile, ...]
    releases: str

    def perform(self, host: Host) -> tuple[str, ...]:
        check_files(self.files)
        held = holders(host, self.releases)
        wanted = dict.fromkeys(file.blob for file in self.files)
        return tuple(blob for blob in wanted if intact_content(host, blob, held.get(blob, ())) is None)
