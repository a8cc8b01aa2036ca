"""Tells old programs to finish what they have begun, and does not wait for it."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.foresight import Would
from backline.resources.program_control import forgotten
from backline.resources.program_files import program_file
from backline.resources.resource import Action
from backline.resources.stop_order import told_to_end
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class DrainPrograms(Action):
    """Their files go first, so that a host that boots now does not start them. Doing it again changes nothing."""

    socket: str
    include_directory: str
    names: tuple[str, ...]

    def perform(self, host: Host) -> None:
        for name in self.names:
            host.remove(program_file(self.include_directory, name))
        supervisor = Supervisor(self.socket)

        try:
            host.call(lambda: [_told_to_end(host, supervisor, name) for name in self.names])
        except SupervisorAbsent:
            return

    def foresee(self, host: Foresight) -> None:
        for name in self.names:
            host.foretell(Would.DRAIN, name)
            host.remove(program_file(self.include_directory, name))


def _told_to_end(host: Host, supervisor: Supervisor, name: str) -> bool:
    """True where a process was told. One that had ended by itself is forgotten, before its autorestart begins anew."""
    if told_to_end(host, supervisor, name):
        return True
    found = supervisor.process(name)
    if found is None or not found.ended or forgotten(supervisor, name):
        return False
    return told_to_end(host, supervisor, name)
