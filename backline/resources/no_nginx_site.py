"""No such site of the host's own nginx: its file is gone, and nginx serves it no more."""

from __future__ import annotations

from dataclasses import dataclass

from backline.resources.init_system import init_system
from backline.resources.resource import Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

SERVICE = "nginx"


@dataclass(frozen=True)
class NoNginxSite(Resource):
    """The opposite of NginxSite, whose path it has."""

    path: str

    @property
    def subject(self) -> str:
        return self.path

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is not None:
            yield Difference("exists", found.kind, None)

    def converge(self, host: Host) -> None:
        host.remove(self.path)
        system = init_system(host)
        if system.knows(host, SERVICE) and system.runs(host, SERVICE):
            system.order(host, SERVICE, "reload")

    def foresee(self, host: Foresight) -> None:
        host.remove(self.path)
