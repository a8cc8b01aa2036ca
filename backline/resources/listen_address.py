"""An address that a program is to listen on: the program has it already, or nobody has."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict
from backline.resources.resource import Resource
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backline.resources.resource import Difference, Host

LISTENING = "0A"
"""The state of a listening socket in /proc/net/tcp."""
SOCKET_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


@dataclass(frozen=True)
class ListenAddress(Resource):
    """There is nothing to converge: it is so, or somebody else has it and that is a Conflict, told before a server is
    given a configuration with which it would not start (nginx tests its own without looking whether a port is free)."""

    address: str
    """`8080`, `127.0.0.1:8080`, `[::1]:8080`, `*:8080`."""
    program: str
    """The Supervisor program that listens there."""
    supervisor: str
    """Path of Supervisor's socket."""
    variable: str
    """The variable that names the address."""

    @property
    def subject(self) -> str:
        return self.address

    def differences(self, host: Host) -> Iterator[Difference]:
        require_address(self.address, self.program, self._pid, self.variable)
        yield from ()

    def converge(self, host: Host) -> None:
        """Never asked for."""

    def _pid(self) -> int:
        try:
            found = Supervisor(self.supervisor).process(self.program)
        except SupervisorAbsent:
            return 0
        return found.pid if found else 0


def require_address(address: str, program: str, pid: Callable[[], int], variable: str) -> None:
    """Raises Conflict where another process listens there than the one of this pid (0: none)."""
    if not _is_taken(address):
        return
    holders = _listening_sockets(address)
    if not holders & _open_sockets(pid()):
        raise Conflict(
            f"{address}, where {program} is to listen, is taken by {_named(holders)}",
            hint=f"end that, or give {program} another address: {variable}",
        )


def _parted(address: str) -> tuple[str, int]:
    name, _, port = address.rpartition(":")
    return ("" if name == "*" else name.strip("[]")), int(port)


def _is_taken(address: str) -> bool:
    """Whether somebody listens there. What else stands in the way (a name that leads nowhere, a port for root) is for
    the server to tell."""
    import errno
    import socket

    name, port = _parted(address)
    try:
        family, kind, _, _, where = socket.getaddrinfo(name or "0.0.0.0", port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: only who listens is in the way
            tried.bind(where)
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def _listening_sockets(address: str) -> set[str]:
    """`socket:[4711]` of whatever listens on this port, at any address."""
    port = f":{_parted(address)[1]:04X}"
    found = set()
    for table in SOCKET_TABLES:
        try:
            with open(table) as file:
                rows = [line.split() for line in file]
        except FileNotFoundError:  # a kernel without IPv6
            continue
        found |= {f"socket:[{row[9]}]" for row in rows if row[3] == LISTENING and row[1].endswith(port)}
    return found


def _open_sockets(pid: int) -> set[str]:
    """What the process has open, as far as we may look."""
    import os

    found: set[str] = set()
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:  # it has ended, or is not ours
        return found
    for name in names:
        try:
            found.add(os.readlink(f"{folder}/{name}"))
        except OSError:  # closed while we looked
            continue
    return found


def _named(sockets: set[str]) -> str:
    """The process that has one of them open, by pid and command line."""
    import os

    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True):
        if sockets & _open_sockets(pid):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            return f"pid {pid} ({words[:120]})"
    return "a process of another user"
