"""Asks a supervisord whether it can read the files of all programs: one bad file keeps it from taking any change."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class RequireReadable(Action):
    """Raises Unreadable with the file's name. Where no supervisord runs there is nothing to be asked."""

    socket: str

    def perform(self, host: Host) -> None:
        try:
            Supervisor(self.socket).reload_configuration()
        except SupervisorAbsent:
            return

    def foresee(self, host: Foresight) -> None:
        """A file that would be mended is none that cannot be read."""
        try:
            self.perform(host)
        except Unreadable as refusal:
            if not host.would_mend(refusal.told):
                raise
