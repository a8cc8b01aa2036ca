"""How files on a host differ from what they should be; nothing is written, and no folder of theirs need be there."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.file import File
from backline.resources.resource import Difference, Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


@dataclass(frozen=True)
class Compared:
    """One file, and what is not so of it."""

    path: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class CompareFiles(Question):
    """Returns a Compared for each file that differs, in their order. What is secret is told as File tells it."""

    files: tuple[File, ...]

    def perform(self, host: Host) -> tuple[Compared, ...]:
        looked_at = (Compared(file.path, tuple(file.differences(host))) for file in self.files)
        return tuple(compared for compared in looked_at if compared.differences)
