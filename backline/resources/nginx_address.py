"""An address that a site of the host's own nginx is to be served at: nginx has it already, or nobody has."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.listen_address import require_address
from backline.resources.resource import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Difference, Host

PROGRAM = "nginx"
PID_FILE = "/run/nginx.pid"


@dataclass(frozen=True)
class NginxAddress(Resource):
    """As ListenAddress. It is looked at before nginx is told to reload: one that cannot have an address goes on as it
    was, and says so in its log alone."""

    address: str
    variable: str
    """The variable that names the address."""

    @property
    def subject(self) -> str:
        return self.address

    def differences(self, host: Host) -> Iterator[Difference]:
        require_address(self.address, PROGRAM, lambda: _pid(host), self.variable)
        yield from ()

    def converge(self, host: Host) -> None:
        """Never asked for."""


def _pid(host: Host) -> int:
    """Of the one that has the sockets; 0 where none runs."""
    if host.status(PID_FILE) is None:
        return 0
    text = host.read(PID_FILE).decode("ascii", "replace").strip()
    return int(text) if text.isdigit() else 0
