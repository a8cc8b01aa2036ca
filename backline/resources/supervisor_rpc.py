"""Supervisor over the XML-RPC of its unix socket: what it knows of its programs, and what it is told to do."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST_SOCKET_PATH = 107
"""What AF_UNIX carries. supervisord itself binds a longer temporary name first, see supervisord.py."""

ANSWER_SECONDS = 60.0

SHUTTING_DOWN = "SHUTDOWN"
STARTING = "STARTING"
RUNNING = "RUNNING"
BACKOFF = "BACKOFF"
STOPPING = "STOPPING"
STOPPED = "STOPPED"
EXITED = "EXITED"
FATAL = "FATAL"

STOPPABLE = (STARTING, RUNNING, BACKOFF)
"""States in which Supervisor takes an order to stop."""
ENDED = (STOPPED, EXITED, FATAL)
"""States in which no process is left and the program can be removed."""

OWN_LOG_READ = 32 * 1024
"""Bytes of the end of supervisord's own log."""

_SHUTDOWN_STATE = 6
_BAD_NAME = 10
_ALREADY_STARTED = 60
_NOT_RUNNING = 70
_ALREADY_ADDED = 90
_STILL_RUNNING = 91
_UNREADABLE = 92

_HINTS = {
    _SHUTDOWN_STATE: "this supervisord is shutting down; wait until it has ended, then try again",
    20: "look at the first word of the program's command: there is no such file on the host",
    21: "look at the first word of the program's command: it may not be executed by the program's user",
    50: "look at the program's log, and at its user, directory and command",
    _UNREADABLE: "mend that file, or move it away:\nuntil then this supervisord takes no change to any program",
}


class SupervisorAbsent(Failure):
    """No supervisord answers on the socket: it is not there, or nobody listens on it."""


class StillRunning(Failure):
    """Supervisor keeps a program because its process has not ended."""


class Unreadable(Failure):
    """Supervisor cannot read one of its files, and until it can it takes no change to any program."""

    @property
    def told(self) -> str:
        """All of its words: the file's name is among them."""
        return " ".join((self.cause, *self.lines))


@dataclass(frozen=True)
class ProcessInfo:
    """One program as Supervisor sees it. `started`, `stopped` and `seen`, which is when it was asked, are seconds since
    the epoch by supervisord's clock, 0 for never; `pid` is 0 where no process runs."""

    name: str
    group: str
    state: str
    pid: int = 0
    started: int = 0
    stopped: int = 0
    exit_status: int = 0
    spawn_error: str = ""
    log_file: str = ""
    seen: int = 0

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class Changes:
    """What the files say against what Supervisor runs: names of programs."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


class Supervisor:
    """One supervisord. A method does one call and never waits for a process: Supervisor spins a core while it does."""

    def __init__(self, socket_path: str) -> None:
        self.socket_path = socket_path

    @property
    def pid(self) -> int:
        """The process id of supervisord itself."""
        return int(self._call("supervisor.getPID"))

    def state(self) -> str:
        """supervisord's own: RUNNING, or SHUTDOWN, in which it takes no order any more."""
        answer = self._call("supervisor.getState", tolerated=(_SHUTDOWN_STATE,))
        return SHUTTING_DOWN if answer is None else str(answer["statename"])

    def processes(self) -> tuple[ProcessInfo, ...]:
        return tuple(_process(answer) for answer in self._call("supervisor.getAllProcessInfo"))

    def process(self, name: str) -> ProcessInfo | None:
        """One program, or None where Supervisor does not know it."""
        answer = self._call("supervisor.getProcessInfo", name, tolerated=(_BAD_NAME,))
        return None if answer is None else _process(answer)

    def reload_configuration(self) -> Changes:
        """Have the files read again, and tell what differs. Touches no process and no program that is known."""
        added, changed, removed = self._call("supervisor.reloadConfig")[0]
        return Changes(tuple(added), tuple(changed), tuple(removed))

    def add(self, group: str) -> bool:
        """Take a program in as its file says, and start it where it is to start by itself; False where it is in."""
        return self._call("supervisor.addProcessGroup", group, tolerated=(_ALREADY_ADDED,)) is not None

    def remove(self, group: str) -> bool:
        """Forget a program that has ended; False where it is not known. Raises StillRunning."""
        return self._call("supervisor.removeProcessGroup", group, tolerated=(_BAD_NAME,)) is not None

    def start(self, name: str) -> bool:
        """Start a program; False where it is started already."""
        return self._call("supervisor.startProcess", name, False, tolerated=(_ALREADY_STARTED,)) is not None

    def stop(self, name: str) -> bool:
        """Tell a program to end; False where it does not run, or is not known."""
        return self._call("supervisor.stopProcess", name, False, tolerated=(_BAD_NAME, _NOT_RUNNING)) is not None

    def stop_signal(self, name: str) -> str:
        """What a program is told to end by, as `supervisord` has read it; TERM where its file is gone already, or where
        this Supervisor (3) does not tell."""
        import signal

        answers = self._call("supervisor.getAllConfigInfo")
        found = {str(answer["name"]): int(answer.get("stopsignal", signal.SIGTERM)) for answer in answers}
        return signal.Signals(found.get(name, signal.SIGTERM)).name[len("SIG") :]

    def signal(self, name: str, signal: str) -> bool:
        """Send a program's process a signal (`HUP`, `USR1`); False where it does not run, or is not known."""
        return self._call("supervisor.signalProcess", name, signal, tolerated=(_BAD_NAME, _NOT_RUNNING)) is not None

    def last_exit(self, name: str) -> str:
        """How a program's process ended last, by supervisord's own log: `exit status 3`, `terminated by SIGKILL`. Empty
        where that log does not tell (any more)."""
        try:
            said = self._call("supervisor.readLog", -OWN_LOG_READ, 0)
        except Failure:  # it keeps none, or it holds what XML cannot carry
            return ""
        _, found, end = str(said).rpartition(f" exited: {name} (")
        return end.partition(";")[0].partition(")")[0] if found else ""

    def stop_all(self) -> None:
        """Tell all programs to end, at once; a shutdown alone ends one after the other."""
        self._call("supervisor.stopAllProcesses", False)

    def shutdown(self) -> None:
        """Tell supervisord to end its programs and itself."""
        self._call("supervisor.shutdown")

    def _call(self, method: str, *parameters: object, tolerated: tuple[int, ...] = ()) -> Any:
        """The answer; None for a fault that is tolerated."""
        import xmlrpc.client
        from xml.parsers.expat import ExpatError

        arguments: Any = parameters
        request = xmlrpc.client.dumps(arguments, method)
        try:
            answers: Any = xmlrpc.client.loads(self._exchanged(request))[0]
            return answers[0]
        except xmlrpc.client.Fault as fault:
            if fault.faultCode in tolerated:
                return None
            raise _failure(fault.faultCode, str(fault.faultString), method, parameters) from None
        except ExpatError as error:
            raise Failure(
                f"supervisord answered {method} with what is not XML: {error}",
                hint=f"see who listens at {self.socket_path}",
            ) from None

    def _exchanged(self, request: str) -> bytes:
        """The body of the answer to a request. A connection for each: it costs 0.2 ms and nothing can go stale."""
        import http.client

        connection = http.client.HTTPConnection("localhost")
        connection.sock = self._connected()
        try:
            connection.request("POST", "/RPC2", request.encode(), {"Content-Type": "text/xml"})
            response = connection.getresponse()
            body = response.read()
        except ConnectionError:
            raise SupervisorAbsent(
                f"the supervisord at {self.socket_path} ended while it was asked", hint="look at the end of its own log"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise Failure(
                f"supervisord at {self.socket_path} broke off: {str(error) or type(error).__name__}",
                hint="look at the end of its own log",
            ) from None
        finally:
            connection.close()
        if response.status == 401:
            raise Failure(
                f"supervisord at {self.socket_path} wants a password",
                hint="take username= and password= out of its [unix_http_server]; the socket's mode and owner guard it",
            )
        if response.status != 200:
            raise Failure(f"supervisord at {self.socket_path} answered {response.status} {response.reason}")
        return body

    def _connected(self) -> Any:
        import socket

        path = self.socket_path
        length = len(path.encode())
        if length > LONGEST_SOCKET_PATH:
            raise Failure(
                f"the path of Supervisor's socket has {length} bytes, more than {LONGEST_SOCKET_PATH}: {path}",
                hint="set a shorter app_root, or a shorter home",
            )
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(path)
        except OSError as error:
            connection.close()
            raise _unconnected(path, error) from None
        return connection


def _unconnected(path: str, error: OSError) -> Failure:
    """Why nobody answered: not there, nobody listens, not allowed, or the system's own words."""
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return SupervisorAbsent(
            f"supervisord does not run: there is no socket {path}",
            hint="start it, or deploy to this host, which does",
        )
    if isinstance(error, ConnectionRefusedError):
        return SupervisorAbsent(
            f"supervisord does not run: nobody listens on {path}, which one that ended has left behind",
            hint="start it, or deploy to this host, which does",
        )
    if isinstance(error, PermissionError):
        return Failure(
            f"not allowed to speak to supervisord at {path}",
            hint="set ansible_become, or give the socket to the user who logs in (chown= in [unix_http_server])",
        )
    return Failure(f"cannot reach supervisord at {path}: {error.strerror or error}")


def _failure(code: int, words: str, method: str, parameters: tuple[object, ...]) -> Failure:
    about = f" {parameters[0]}" if parameters else ""
    first, *more = words.splitlines() or [""]
    kind = {_STILL_RUNNING: StillRunning, _UNREADABLE: Unreadable}.get(code, Failure)
    refusal = f"Supervisor refuses {method.partition('.')[2]}{about}: {first}"
    return kind(
        f"Supervisor cannot read a program's file: {first.partition(': ')[2]}" if code == _UNREADABLE else refusal,
        lines=tuple(more),
        hint=_HINTS.get(code, ""),
    )


def _process(answer: Any) -> ProcessInfo:
    return ProcessInfo(
        name=answer["name"],
        group=answer["group"],
        state=answer["statename"],
        pid=int(answer["pid"]),
        started=int(answer["start"]),
        stopped=int(answer["stop"]),
        exit_status=int(answer["exitstatus"]),
        spawn_error=answer["spawnerr"],
        log_file=answer["stdout_logfile"],
        seen=int(answer["now"]),
    )
