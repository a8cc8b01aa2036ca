"""Remember the highest release number that was used, so that it is not used again when its directory has gone."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight


@dataclass(frozen=True)
class BurnNumber(Action):
    """Nothing happens where a higher one is remembered."""

    state_directory: str
    number: int

    def perform(self, host: Host) -> None:
        path = f"{self.state_directory}/highest"
        text = host.read(path).decode().strip() if host.status(path) else ""
        if not text.isdigit() or int(text) < self.number:
            host.write(path, f"{self.number}\n".encode(), mode=0o644)

    def foresee(self, host: Foresight) -> None:
        self.perform(host)
