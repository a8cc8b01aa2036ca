"""Commands on this host: each in a process group of its own, watched, and ended when nobody waits for it any more."""

from __future__ import annotations

import os

from backline.agent.accounts import Accounts
from backline.agent.child import before_exec
from backline.agent.watch import Watch
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import Failure, Interrupted
from backline.resources.resource import Completed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from backline.agent.line import Line

SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
INHERITED_PREFIXES = ("SSL_CERT_", "PIP_", "UV_", "BACKLINE_")
INHERITED_NAMES = ("REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Command:
    """What is to be run, and how; see Host.run."""

    argv: tuple[str, ...]
    directory: str = "/"
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    stdin: bytes = b""
    live: bool = False
    timeout: float = 3600.0


def search_path() -> tuple[str, ...]:
    """The directories in which programs are looked for: PATH, then what a login without sbin leaves out."""
    own = tuple(part for part in os.environ.get("PATH", "").split(":") if part.startswith("/"))
    return own + tuple(part for part in SYSTEM_DIRECTORIES if part not in own)


def environment_of(command: Command) -> dict[str, str]:
    """The whole environment of a command: nothing of the agent's but what it takes to find programs and the network.

    Where no account has our number, as in a container that was given any, it is the user's name."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in INHERITED_NAMES
        or name.startswith(INHERITED_PREFIXES)
        or (name == "TMPDIR" and not command.user)  # another user may not write there
    }
    user = command.user or Accounts().user_name(os.geteuid())
    return {
        "PATH": ":".join(search_path()),
        "USER": user,
        "LOGNAME": user,
        "HOME": os.path.expanduser("~" + command.user).lstrip("~") or "/",
        "LANG": "C.UTF-8",
        **inherited,
        **command.environment,
    }


def execute(command: Command, line: Line) -> Completed:
    """Run a command to its end. Raises Interrupted when the controller goes, Failure when its time is over."""
    if line.gone:
        raise Interrupted("the controller has gone")
    try:
        process = _started(command)
    except OSError as error:
        if not os.path.isdir(command.directory):
            raise Failure(f"cannot run {command.argv[0]} in {command.directory}: there is no such directory") from None
        if isinstance(error, FileNotFoundError) or not _exists(command.argv[0]):
            return Completed(command.argv, 127, f"{command.argv[0]}: command not found\n")
        return Completed(command.argv, 126, f"{command.argv[0]}: {os.strerror(error.errno or 0)}\n")
    watch = Watch(process, line, stdin=command.stdin, live=command.live, timeout=command.timeout)
    return Completed(command.argv, *watch.until_it_ends())


def _exists(program: str) -> bool:
    """A PATH that holds a directory which this user may not enter makes every unknown name "Permission denied"."""
    places = ("",) if "/" in program else search_path()
    return any(os.path.lexists(os.path.join(place, program)) for place in places)


def _started(command: Command) -> subprocess.Popen[bytes]:
    import subprocess

    return subprocess.Popen(
        command.argv,
        cwd=command.directory,
        env=environment_of(command),
        stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        close_fds=True,
        start_new_session=True,
        preexec_fn=before_exec(command.user),
    )
