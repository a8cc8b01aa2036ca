"""A program of what serves: its file is there as it was written, and it runs. It is never stopped for that."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.paths import path_name
from backline.resources.program_control import pauses, reload_configuration
from backline.resources.program_files import FILE_MODE, program_name
from backline.resources.program_health import death
from backline.resources.program_resource import ProgramResource
from backline.resources.resource import Difference
from backline.resources.supervisor_file import rendered, says_the_same
from backline.resources.supervisor_rpc import BACKOFF, Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host
    from backline.resources.supervisor_rpc import ProcessInfo


@dataclass(frozen=True)
class LiveProgram(ProgramResource):
    """Without its file a program runs on until its host boots, or somebody has Supervisor update: then it is gone."""

    def provides(self) -> tuple[str, ...]:
        return (program_name(self.program.name),)

    def differences(self, host: Host) -> Iterator[Difference]:
        if not self._has_file(host):
            yield Difference("file", None, self.path)
        try:
            found = Supervisor(self.supervisor).process(self.program.name)
        except SupervisorAbsent:
            if host.promises(path_name(self.supervisor)):
                return
            found = None
        if found is None or found.ended:
            yield Difference("state", found.state if found else None, "started")

    def converge(self, host: Host) -> None:
        if not self._has_file(host):
            self.write_file(host)
            host.tell(f"{self.path} was gone, or not as it was written; it is mended")
        supervisor = Supervisor(self.supervisor)
        reload_configuration(host, supervisor)
        found = supervisor.process(self.program.name)
        if found is None or found.ended:
            host.tell(f"{self.program.name} did not run; it is started")
            host.call(lambda: self._start(supervisor))
            self._see_it_live(host, supervisor)

    def foresee(self, host: Foresight) -> None:
        """The file, and that the program runs."""
        host.tell(f"{self.path} would be mended and {self.program.name} started, where they are not as they should be")
        host.write(self.path, rendered(self.program).encode(), mode=FILE_MODE)

    def _has_file(self, host: Host) -> bool:
        """Whether it comes to the same, however an earlier Backline wrote it."""
        found = self.found_at_path(host)
        if found is None:
            return False
        text = self.text_at_path(host) if found.is_file else ""
        return says_the_same(text, rendered(self.program))

    def _start(self, supervisor: Supervisor) -> None:
        supervisor.add(self.program.name)
        supervisor.start(self.program.name)

    def _see_it_live(self, host: Host, supervisor: Supervisor) -> None:
        """Raises Failure with the end of its log where it dies at once; the proof looks for the rest."""
        for pause in pauses():
            found = supervisor.process(self.program.name)
            if _has_died(found):
                assert found is not None
                raise death(found, self.program.directory, Failure)
            if found is not None and found.pid:
                return
            host.pause(pause)


def _has_died(found: ProcessInfo | None) -> bool:
    return found is not None and (found.ended or found.state == BACKOFF)
