"""A service: a Supervisor program that no deploy touches; its file as it should be, loaded, and RUNNING."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.file import File
from backline.resources.paths import path_name
from backline.resources.program_control import reload_configuration, settled, take_in, wait_until_running
from backline.resources.program_files import FILE_MODE, program_as_file, program_name
from backline.resources.program_resource import ProgramResource
from backline.resources.resource import Difference, ownership_differences
from backline.resources.supervisor_file import rendered, says_the_same
from backline.resources.supervisor_rpc import RUNNING, Supervisor, SupervisorAbsent, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class Service(ProgramResource):
    """A program that is there for others, and is stopped and started anew where its file has changed."""

    def provides(self) -> tuple[str, ...]:
        return (f"path:{self.path}", program_name(self.program.name))

    def needs(self) -> tuple[str, ...]:
        return (f"path:{self.include_directory}", f"path:{self.supervisor}")

    def written_files(self) -> tuple[File, ...]:
        return (program_as_file(self.include_directory, self.program),)

    def differences(self, host: Host) -> Iterator[Difference]:
        yield from self._file_differences(host)
        supervisor = Supervisor(self.supervisor)
        try:
            found = settled(host, supervisor, self.program.name)
            stale = found is not None and self._is_stale(host, supervisor)
        except SupervisorAbsent:
            if self._would_be_started(host):
                return
            found, stale = None, False
        if stale:
            yield Difference("loaded", "an earlier file", "this file")
        if found is None or found.state != RUNNING:
            yield Difference("state", found.state if found else None, RUNNING)

    def _is_stale(self, host: Host, supervisor: Supervisor) -> bool:
        """Whether Supervisor runs something else than the file says that is there now. Having it read its files again
        is how it tells; that changes no program."""
        try:
            return self.program.name in supervisor.reload_configuration().changed
        except Unreadable:  # by this file, which is to be mended; or by another, of which RequireReadable tells
            pass
        # It runs what we wrote last, as far as anybody can tell who cannot ask it yet.
        return host.status(self.path) is not None and not says_the_same(self.text_at_path(host), rendered(self.program))

    def _would_be_started(self, host: Host) -> bool:
        """By the supervisord that an earlier resource would start; in check mode."""
        return host.promises(path_name(self.supervisor)) and host.status(self.path) is not None

    def _file_differences(self, host: Host) -> Iterator[Difference]:
        found = self.found_at_path(host)
        text = rendered(self.program)
        if found is None:
            yield Difference("content", None, text)
            return
        if not found.is_file:
            yield Difference("kind", found.kind, "file")
            return
        before = self.text_at_path(host)
        if before != text:
            yield Difference("content", before, text)
        yield from ownership_differences(found, "", "", FILE_MODE)

    def converge(self, host: Host) -> None:
        supervisor = Supervisor(self.supervisor)
        if any(True for _ in self._file_differences(host)):
            self.write_file(host)
        changes = reload_configuration(host, supervisor)
        running = supervisor.process(self.program.name)
        if self.program.name in changes.changed and running is not None and not running.ended:
            host.tell(
                f"{self.program.name} is stopped and started anew, since its program changed: what it serves pauses"
            )
        take_in(host, supervisor, changes, self.program.name, self.program.patience + 5.0)
        wait_until_running(host, supervisor, self.program.name)

    def foresee(self, host: Foresight) -> None:
        """The file; that a program is stopped for it is said, as far as it is known."""
        before = host.status(self.path)
        is_other = (
            before is not None and before.is_file and not says_the_same(self.text_at_path(host), rendered(self.program))
        )
        if is_other and self._runs():
            host.tell(f"{self.program.name} would be stopped and started anew: what it serves would pause")
        host.write(self.path, rendered(self.program).encode(), mode=FILE_MODE)

    def _runs(self) -> bool:
        try:
            found = Supervisor(self.supervisor).process(self.program.name)
        except SupervisorAbsent:
            return False
        return found is not None and not found.ended
