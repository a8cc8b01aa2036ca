"""A service: a Supervisor program that no deploy touches; its file as it should be, loaded, and RUNNING."""

from __future__ import annotations

from dataclasses import dataclass

from backline.resources.file import File
from backline.resources.program import Program
from backline.resources.program_control import reload_configuration, take_in, wait_until_running
from backline.resources.program_files import FILE_MODE, program_as_file, program_file
from backline.resources.resource import Difference, Resource, ownership_differences
from backline.resources.supervisor_check import parser_check
from backline.resources.supervisor_file import file_name, rendered
from backline.resources.supervisor_rpc import RUNNING, Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class Service(Resource):
    """`python` is the one that has the supervisor package; its parser checks the file before it is in place."""

    program: Program
    supervisor: str
    """Path of Supervisor's socket."""
    include_directory: str
    python: str

    @property
    def subject(self) -> str:
        return self.program.name

    @property
    def path(self) -> str:
        return program_file(self.include_directory, self.program.name)

    def provides(self) -> tuple[str, ...]:
        return (f"path:{self.path}", f"program:{self.program.name}")

    def needs(self) -> tuple[str, ...]:
        return (f"path:{self.include_directory}", f"path:{self.supervisor}")

    def written_files(self) -> tuple[File, ...]:
        return (program_as_file(self.include_directory, self.program),)

    def differences(self, host: Host) -> Iterator[Difference]:
        yield from self._file_differences(host)
        supervisor = Supervisor(self.supervisor)
        try:
            found = supervisor.process(self.program.name)
            # Reading its files again is how Supervisor tells whether it runs what they say; it changes no program.
            stale = found is not None and self.program.name in supervisor.reload_configuration().changed
        except SupervisorAbsent:
            found, stale = None, False
        if stale:
            yield Difference("loaded", "an earlier file", "this file")
        if found is None or found.state != RUNNING:
            yield Difference("state", found.state if found else None, RUNNING)

    def _file_differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        text = rendered(self.program)
        if found is None:
            yield Difference("content", None, text)
            return
        before = host.read(self.path)
        if before != text.encode():
            yield Difference("content", before.decode("utf-8", "replace"), text)
        yield from ownership_differences(found, "", "", FILE_MODE)

    def converge(self, host: Host) -> None:
        supervisor = Supervisor(self.supervisor)
        if any(True for _ in self._file_differences(host)):
            check = parser_check(self.python, self.include_directory, file_name(self.program.name))
            host.write(self.path, rendered(self.program).encode(), mode=FILE_MODE, validate=check)
        changes = reload_configuration(host, supervisor)
        running = supervisor.process(self.program.name)
        if self.program.name in changes.changed and running is not None and not running.ended:
            host.tell(
                f"{self.program.name} is stopped and started anew, since its program changed: what it serves pauses"
            )
        take_in(host, supervisor, changes, self.program.name, self.program.patience + 5.0)
        wait_until_running(host, supervisor, self.program.name)
