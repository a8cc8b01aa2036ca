"""How far an upload to one host has come, as the events of its files carry it."""

from __future__ import annotations

from backline.agent.events import Event
from backline.resources.dataclass import dataclass, replace


@dataclass(frozen=True)
class Upload:
    """Files by their paths in the tree, and bytes of their contents: how many of how many went."""

    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0

    def detail(self) -> dict[str, object]:
        """As an event carries it."""
        return dict(vars(self))

    def with_bytes(self, count: int) -> Upload:
        """So many bytes later."""
        return replace(self, bytes_done=self.bytes_done + count)

    def with_file(self) -> Upload:
        """One file later."""
        return replace(self, files_done=self.files_done + 1)


def upload_of(event: Event) -> Upload:
    """What an event of a file says of the whole upload."""
    counts = {name: int(str(event.detail.get(name, 0))) for name in vars(Upload())}
    return Upload(**counts)
