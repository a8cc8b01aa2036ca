"""No such site of the host's own nginx: its file is gone, and nginx serves it no more."""

from __future__ import annotations

from backline.resources.absent import Absent
from backline.resources.dataclass import dataclass
from backline.resources.init_system import init_system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host

SERVICE = "nginx"


@dataclass(frozen=True)
class NoNginxSite(Absent):
    """The opposite of NginxSite, whose path it has."""

    def converge(self, host: Host) -> None:
        super().converge(host)
        system = init_system(host)
        if system.knows(host, SERVICE) and system.runs(host, SERVICE):
            system.order(host, SERVICE, "reload")
