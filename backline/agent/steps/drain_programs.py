"""Tells old programs to finish what they have begun, and does not wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from backline.resources.program_files import program_file
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
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

        def stop_all() -> None:
            for name in self.names:
                supervisor.stop(name)

        try:
            host.call(stop_all)
        except SupervisorAbsent:
            return
