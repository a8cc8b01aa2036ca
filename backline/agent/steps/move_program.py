"""Moves a program that must not run twice, as beat: the old one ends and is gone before the new one starts."""

from __future__ import annotations

from backline.agent.steps.start_programs import Started, start_written
from backline.resources.dataclass import dataclass
from backline.resources.foresight import Would
from backline.resources.program import Program
from backline.resources.program_control import reload_configuration, remove_programs, stop_programs
from backline.resources.program_files import program_file, program_name, require_programs_accepted, write_programs
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class MoveProgram(Action):
    """`old` is a name, empty for none. The undo is the same move with the two exchanged. `patience` is how many seconds
    the old one has before it is killed."""

    socket: str
    include_directory: str
    python: str
    old: str
    new: Program
    patience: float = 60.0

    def perform(self, host: Host) -> Started:
        supervisor = Supervisor(self.socket)
        reload_configuration(host, supervisor)
        require_programs_accepted(host, self.python, self.include_directory, (self.new,))
        if self.old:
            stop_programs(host, supervisor, (self.old,), self.patience)
        # The new file is there before the old one goes: a host that boots in between has one of them in any case.
        write_programs(host, self.include_directory, (self.new,))
        if self.old and self.old != self.new.name:
            host.remove(program_file(self.include_directory, self.old))
            remove_programs(host, supervisor, (self.old,), self.patience)
        return start_written(host, supervisor, (self.new,))[0]

    def foresee(self, host: Foresight) -> None:
        write_programs(host, self.include_directory, (self.new,))
        if self.old and self.old != self.new.name:
            host.remove(program_file(self.include_directory, self.old))
        if self.old:
            host.foretell(Would.STOP, self.old)
        host.foretell(Would.START, self.new.name)
        host.promise(program_name(self.new.name))
