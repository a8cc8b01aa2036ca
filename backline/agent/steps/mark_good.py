"""Remember that a release was live and proved: it counts for retention and rollback."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.records import GoodReleases
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight


@dataclass(frozen=True)
class MarkGood(Action):
    """`number` becomes the latest of the good releases. Returns them all, in the order in which they were live."""

    state_directory: str
    number: int

    def perform(self, host: Host) -> tuple[int, ...]:
        path = f"{self.state_directory}/good.json"
        known = GoodReleases()
        if host.status(path):
            known = GoodReleases.from_json(host.read(path).decode())
        now = known.and_now(self.number)
        if now != known:
            host.write(path, now.to_json().encode(), mode=0o644)
        return now.numbers

    def foresee(self, host: Foresight) -> tuple[int, ...]:
        return self.perform(host)
