"""Starts the programs of a generation beside those that run, and sees that none dies at once."""

from __future__ import annotations

import time

from backline.resources.dataclass import dataclass
from backline.resources.failure import Refused
from backline.resources.foresight import Would
from backline.resources.program import Program
from backline.resources.program_control import pauses, reload_configuration, take_in
from backline.resources.program_files import program_name, require_programs_accepted, write_programs
from backline.resources.program_health import death
from backline.resources.resource import Action
from backline.resources.supervisor_rpc import BACKOFF, Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

WATCH_SECONDS = 0.5
"""How long a program that Supervisor has started is watched; its gate is what proves that it works."""


@dataclass(frozen=True)
class Started:
    """A program that was started, and the process id that Supervisor gave it."""

    program: str
    pid: int


@dataclass(frozen=True)
class StartPrograms(Action):
    """Returns a Started for each program. Raises Refused with the end of its log where one dies; what was written and
    started stays, and RemovePrograms is the undo."""

    socket: str
    include_directory: str
    python: str
    programs: tuple[Program, ...]

    def perform(self, host: Host) -> tuple[Started, ...]:
        supervisor = Supervisor(self.socket)
        # Somebody else's broken file is found, and named, before there is anything of ours to undo.
        reload_configuration(host, supervisor)
        require_programs_accepted(host, self.python, self.include_directory, self.programs)
        write_programs(host, self.include_directory, self.programs)
        return start_written(host, supervisor, self.programs)

    def foresee(self, host: Foresight) -> None:
        write_programs(host, self.include_directory, self.programs)
        for program in self.programs:
            host.foretell(Would.START, program.name)
            host.promise(program_name(program.name))


def start_written(host: Host, supervisor: Supervisor, programs: tuple[Program, ...]) -> tuple[Started, ...]:
    """Start programs whose files are in place, and watch them."""
    changes = reload_configuration(host, supervisor)
    for program in programs:
        take_in(host, supervisor, changes, program.name, program.patience)
    deadline = time.monotonic() + WATCH_SECONDS
    for pause in pauses():
        started = tuple(_looked_at(supervisor, program) for program in programs)
        if time.monotonic() > deadline:
            return started
        host.pause(pause)
    raise AssertionError("pauses() never ends")


def _looked_at(supervisor: Supervisor, program: Program) -> Started:
    found = supervisor.process(program.name)
    if found is None:
        raise Refused(f"program {program.name} has been taken away from Supervisor while it started")
    if found.state == BACKOFF or found.ended:
        raise death(found, program.directory, Refused, supervisor.last_exit(program.name))
    return Started(program.name, found.pid)
