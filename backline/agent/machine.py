"""The real machine as a Host: every look and every change that a resource or an action may ask for."""

from __future__ import annotations

import os
import stat

from backline.agent.accounts import Accounts, group_number, user_number
from backline.agent.commands import Command, execute, search_path
from backline.agent.events import Event, Kind
from backline.agent.files import (
    attempting,
    make_directories,
    remove_whatever,
    rename,
    replace_file,
    replace_link,
)
from backline.resources.failure import Conflict, Failure, Interrupted
from backline.resources.resource import KEEP, Completed, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from backline.agent.line import Line
    from backline.resources.resource import Host

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}
LOOKING_TIMEOUT = 300.0
TOLD_LINES = 20


class Teller:
    """Whoever passes events on to the controller."""

    def send_event(self, event: Event) -> None:
        """Tell of something that is more than a line; for the agent's own steps."""
        raise NotImplementedError


def teller_of(host: Host) -> Teller:
    """The host as one that passes events on; every host of the agent's does."""
    if not isinstance(host, Teller):
        raise TypeError("this step is the agent's own, and tells its controller more than a line")
    return host


class Machine(Teller):
    """This machine, acted on as the user who runs the agent. `line` is who listens, and may leave."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.accounts = Accounts()
        self.answers: dict[tuple[str, ...], Completed] = {}
        """To what was asked once during this request, since a command or a call last changed something."""

    # looks

    def status(self, path: str) -> Status | None:
        with attempting(f"look at {path}"):
            try:
                found = os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                return None
            kind = KINDS.get(stat.S_IFMT(found.st_mode), "other")
            return Status(
                kind=kind,
                mode=stat.S_IMODE(found.st_mode),
                owner=self.accounts.user_name(found.st_uid),
                group=self.accounts.group_name(found.st_gid),
                size=found.st_size,
                target=os.readlink(path) if kind == "link" else "",
            )

    def read(self, path: str) -> bytes:
        with attempting(f"read {path}"), open(path, "rb") as file:
            return file.read()

    def names(self, directory: str) -> tuple[str, ...]:
        with attempting(f"list {directory}"):
            try:
                return tuple(sorted(os.listdir(directory)))
            except (FileNotFoundError, NotADirectoryError):
                return ()

    def ask(
        self,
        argv: Sequence[str],
        *,
        directory: str = "/",
        environment: Mapping[str, str] | None = None,
        user: str = "",
    ) -> Completed:
        command = Command(tuple(argv), directory, environment or {}, user, timeout=LOOKING_TIMEOUT)
        return execute(command, self._line)

    def ask_once(self, argv: Sequence[str]) -> Completed:
        question = tuple(argv)
        self.answers[question] = self.answers.get(question) or self.ask(question)
        return self.answers[question]

    def find_program(self, name: str) -> str | None:
        places = (name,) if "/" in name else tuple(os.path.join(part, name) for part in search_path())
        return next((place for place in places if os.path.isfile(place) and os.access(place, os.X_OK)), None)

    def promises(self, name: str) -> bool:
        return False

    def would_mend(self, refusal: str) -> bool:
        return False

    # changes

    def write(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        owner: str = KEEP,
        group: str = KEEP,
        validate: Sequence[str] = (),
    ) -> None:
        def accept(candidate: str) -> None:
            if not validate:
                return
            checked = self.ask([part.replace("{}", candidate) for part in validate])
            if checked.code != 0:
                lines = tuple(checked.output.replace(candidate, path).splitlines()[-TOLD_LINES:])
                raise Failure(f"{path}: {validate[0]} refuses the new content (exit code {checked.code})", lines=lines)

        numbers = user_number(owner), group_number(group)
        with attempting(f"write {path}"):
            replace_file(path, content, mode, numbers, accept)

    def make_directory(self, path: str, *, mode: int, owner: str = KEEP, group: str = KEEP) -> None:
        numbers = user_number(owner), group_number(group)
        with attempting(f"make the directory {path}"):
            make_directories(path.rstrip("/") or "/", mode, numbers)

    def make_link(self, path: str, target: str) -> None:
        if os.path.isdir(path) and not os.path.islink(path):
            raise Conflict(f"{path} is a directory, and a link should be there", hint=f"move it away first: {path}")
        with attempting(f"make the link {path}"):
            replace_link(path, target)

    def set_mode(self, path: str, mode: int) -> None:
        with attempting(f"set the mode of {path}"):
            os.chmod(path, mode)

    def set_ownership(self, path: str, owner: str, group: str) -> None:
        numbers = user_number(owner), group_number(group)
        with attempting(f"set the owner of {path}"):
            os.chown(path, *numbers, follow_symlinks=False)

    def remove(self, path: str) -> None:
        if os.path.normpath(path) == "/":
            raise Failure("the root directory cannot be removed")
        with attempting(f"remove {path}"):
            remove_whatever(path)

    def rename(self, old: str, new: str) -> None:
        with attempting(f"rename {old} to {new}"):
            rename(old, new)

    def run(
        self,
        argv: Sequence[str],
        *,
        directory: str = "/",
        environment: Mapping[str, str] | None = None,
        user: str = "",
        stdin: bytes = b"",
        live: bool = False,
        timeout: float = 3600.0,
    ) -> Completed:
        command = Command(tuple(argv), directory, environment or {}, user, stdin, live, timeout)
        self.answers.clear()
        return execute(command, self._line)

    def call(self, change: Callable[[], object]) -> object:
        self.answers.clear()
        return change()

    # the rest

    def pause(self, seconds: float) -> None:
        import select

        if not self._line.gone:
            select.select([self._line.wake], [], [], seconds)
        if self._line.gone:
            raise Interrupted("the controller has gone")

    def tell(self, line: str) -> None:
        import time

        self.send_event(Event(Kind.NOTE, time.time(), text=line))

    def send_event(self, event: Event) -> None:
        self._line.send_event(event)
