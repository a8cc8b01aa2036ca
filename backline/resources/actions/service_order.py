"""An order to a service of the host's init system: reload or restart it."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.init_system import init_system
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


class Order:
    """What a service can be told, in the words that init systems know."""

    RELOAD = "reload"
    RESTART = "restart"


@dataclass(frozen=True)
class ServiceOrder(Action):
    """`order` is a word of Order."""

    service: str
    order: str

    def perform(self, host: Host) -> None:
        init_system(host).order(host, self.service, self.order)
