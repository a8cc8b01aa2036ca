"""Where a sandbox lives: its root, which is the home of its user, and the files that belong to the sandbox itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError

ROOT_VARIABLE = "BACKLINE_SANDBOX_ROOT"
"""The environment variable that puts the root elsewhere; what it said is remembered in the project."""

SOCKETS = ((".backline/supervisor.sock", 98), ("shop/run/web-r99999-999.sock", 106))
"""The longest sockets below the root, and the most bytes that their whole path may have. Linux allows 107 and
supervisord first binds NAME.PID, so that 99 are too many for it where process ids have seven digits."""

HARMLESS = "/._-+@="
"""What a path may hold besides letters and digits. Supervisor, nginx, ssh, Jinja and sh each give a meaning to
something else: supervisord does not start below a `%`, and silently reads no programs below a space."""


@dataclass(frozen=True)
class Location:
    """A sandbox of one project. Nothing here needs to exist yet."""

    project: Path
    root: Path

    @property
    def own_directory(self) -> Path:
        """What a real host keeps outside of homes: keys, the server's record and its log."""
        return self.root / ".sandbox"

    @property
    def host_key(self) -> Path:
        return self.own_directory / "host_key"

    @property
    def client_key(self) -> Path:
        return self.own_directory / "client_key"

    @property
    def known_hosts(self) -> Path:
        return self.own_directory / "known_hosts"

    @property
    def server_record(self) -> Path:
        return self.own_directory / "server.json"

    @property
    def server_log(self) -> Path:
        return self.own_directory / "server.log"

    @property
    def memory(self) -> Path:
        return self.own_directory / "memory.json"

    @property
    def supervisor_socket(self) -> Path:
        return self.root / ".backline/supervisor.sock"

    @property
    def lock(self) -> Path:
        return self.project / ".backline/sandbox.lock"

    @property
    def is_ours(self) -> bool:
        """Whether what lies at the root is a sandbox, or could only be one: nothing else is swept or written to."""
        remembered = former(self.project)
        return (
            self.own_directory.is_dir()
            or self.root == default_root(self.project).resolve()
            or (remembered is not None and remembered.root == self.root)
        )


def default_root(project: Path) -> Path:
    """The root where nobody chose another."""
    return project / ".backline/sandbox"


def locate(project: Path, environment: Mapping[str, str] = os.environ) -> Location:
    """The project's sandbox: where BACKLINE_SANDBOX_ROOT says, else where it was last, else below the project."""
    project = project.resolve()
    chosen = environment.get(ROOT_VARIABLE, "")
    if chosen:
        return Location(project, Path(chosen).expanduser().resolve())
    return former(project) or Location(project, default_root(project).resolve())


def former(project: Path) -> Location | None:
    """The sandbox that the project had the last time, where that was not at the default place."""
    try:
        remembered = _pointer(project.resolve()).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return Location(project.resolve(), Path(remembered)) if remembered else None


def remember(location: Location) -> None:
    """Note in the project where its sandbox is, so that the next command finds it without the variable."""
    pointer = _pointer(location.project)
    if location.root == default_root(location.project).resolve():
        pointer.unlink(missing_ok=True)
        return
    pointer.write_text(f"{location.root}\n", encoding="utf-8")


def _pointer(project: Path) -> Path:
    return project / ".backline/sandbox-root"


def check_location(location: Location) -> None:
    """Raise ConfigurationError for a root in which something would fail later, and say which root would do."""
    root = str(location.root)
    hint = f"choose another root: {ROOT_VARIABLE}=/tmp/backline-{os.getuid()} inv sandbox.up"
    strange = sorted({character for character in root if not character.isalnum() and character not in HARMLESS})
    if strange:
        named = ", ".join("a space" if character == " " else repr(character) for character in strange)
        raise ConfigurationError(
            f"the path of the sandbox holds {named}: {root}",
            lines=("Supervisor, nginx and ssh read such characters as something else.",),
            hint=hint,
        )
    for socket, most in SOCKETS:
        length = len(os.fsencode(location.root / socket))
        if length > most:
            raise ConfigurationError(
                f"the path of the sandbox is {length - most} bytes too long for its sockets: {root}",
                lines=(f"{location.root / socket}: {length} bytes, and {most} are the most that the system takes",),
                hint=hint,
            )
    _check_directory(location, hint)


def _check_directory(location: Location, hint: str) -> None:
    """An existing root must be ours: the sandbox's, or empty, and no other user's."""
    if not location.root.exists():
        return
    if not location.root.is_dir():
        raise ConfigurationError(f"{location.root} is not a folder", hint=hint)
    if location.root.stat().st_uid != os.getuid():
        raise ConfigurationError(f"{location.root} belongs to another user", hint=hint)
    if not location.is_ours and any(location.root.iterdir()):
        raise ConfigurationError(f"{location.root} holds something else than a sandbox", hint=f"empty it, or {hint}")
