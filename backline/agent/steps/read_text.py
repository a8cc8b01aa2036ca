"""Read a small text file of ours on the host."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Host, Question


@dataclass(frozen=True)
class ReadText(Question):
    """Answers with the file's text; empty where there is no such file."""

    path: str

    def perform(self, host: Host) -> str:
        if host.status(self.path) is None:
            return ""
        return host.read(self.path).decode("utf-8", "replace")
