"""Remember a generation, before its first program is started."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight


@dataclass(frozen=True)
class WriteGeneration(Action):
    """`text` is a GenerationRecord as JSON; its folder is made where there is none."""

    path: str
    text: str

    def perform(self, host: Host) -> None:
        import os

        folder = os.path.dirname(self.path)
        if host.status(folder) is None:
            host.make_directory(folder, mode=0o755)
        host.write(self.path, self.text.encode(), mode=0o644)

    def foresee(self, host: Foresight) -> None:
        self.perform(host)
