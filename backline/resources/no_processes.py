"""No process of an app that Supervisor does not know: what outlived its supervisord, or was started by hand."""

from __future__ import annotations

import time

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.paths import lies_in
from backline.resources.program_control import pauses
from backline.resources.resource import Difference, Resource
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host

RECORD_DESCRIPTOR = 9
"""The launcher of a release leaves release.json open under this number, through exec and fork."""
TERM_SECONDS = 10.0
KILL_SECONDS = 10.0


@dataclass(frozen=True)
class NoProcesses(Resource):
    """Of an app: it holds a release below `releases` open as the launcher leaves it, or works in one of `directories`
    and has no terminal: a person's shell that happens to stand there is not the app's. What the supervisord at
    `supervisor` has started is for that to end."""

    releases: str
    directories: tuple[str, ...]
    supervisor: str

    @property
    def subject(self) -> str:
        return f"processes of {self.releases}"

    def differences(self, host: Host) -> Iterator[Difference]:
        for pid, command in self._found():
            yield Difference(f"process {pid}", command, None)

    def converge(self, host: Host) -> None:
        import signal

        begun = time.monotonic()
        number = signal.SIGTERM
        for pause in pauses():
            pids = tuple(pid for pid, _ in self._found())
            if not pids:
                return
            waited = time.monotonic() - begun
            if waited > TERM_SECONDS + KILL_SECONDS:
                raise Failure(f"not gone {KILL_SECONDS:g} s after KILL: {', '.join(map(str, pids))}")
            if waited > TERM_SECONDS:
                number = signal.SIGKILL
            host.call(lambda: _signal(pids, number))  # noqa: B023 (called at once)
            host.pause(pause)

    def _found(self) -> Iterator[tuple[int, str]]:
        import os

        spared = _ancestors(os.getpid())
        supervisord = self._supervisord()
        for name in os.listdir("/proc"):
            is_ours = name.isdigit() and int(name) not in spared and self._is_the_apps(name)
            if is_ours and supervisord not in _ancestors(int(name)):
                yield int(name), _command(name)

    def _supervisord(self) -> int:
        """Its pid, 0 where none answers."""
        try:
            return Supervisor(self.supervisor).pid
        except SupervisorAbsent:
            return 0

    def _is_the_apps(self, pid: str) -> bool:
        if lies_in(_link(pid, f"fd/{RECORD_DESCRIPTOR}"), self.releases):
            return True
        place = _link(pid, "cwd")
        return any(lies_in(place, directory) for directory in self.directories) and not _has_terminal(pid)


def _signal(pids: tuple[int, ...], number: int) -> None:
    import os

    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _link(pid: str, name: str) -> str:
    """Where a link of a process leads; empty where it may not be looked at, and for a process that has ended."""
    import os

    try:
        path = os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""
    return path[: -len(" (deleted)")] if path.endswith(" (deleted)") else path


def _stat(pid: str) -> list[str]:
    """What stands behind a process's name, which may hold anything: state, parent, group, session, terminal …"""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _has_terminal(pid: str) -> bool:
    return _stat(pid)[4:5] not in ([], ["0"])


def _ancestors(pid: int) -> set[int]:
    """A process and those that started it: the agent, its shell, the server that let it in."""
    found: set[int] = set()
    while pid > 1 and pid not in found:
        found.add(pid)
        pid = int((_stat(str(pid)) or ["", "0"])[1])
    return found


def _command(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""
