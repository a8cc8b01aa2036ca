"""What a resource is, what it reports, and what it may ask of the host it is about."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

TYPE_CHECKING = False  # `typing` costs a host 11 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Protocol

    from backline.resources.file import File
    from backline.resources.foresight import Foresight
else:
    Protocol = object

KEEP = ""
"""An owner or group that is left as it is: whoever runs the agent."""


@dataclass(frozen=True)
class Difference:
    """One attribute that is not as it should be. `before` and `after` are JSON values or a Secret, None for absent."""

    attribute: str
    before: object
    after: object


@dataclass(frozen=True)
class Status:
    """What lies at a path, links not followed. `kind` is file, directory, link or other; `mode` is octal, as 0o644."""

    kind: str
    mode: int
    owner: str
    group: str
    size: int
    target: str = ""

    @property
    def is_file(self) -> bool:
        return self.kind == "file"

    @property
    def is_directory(self) -> bool:
        return self.kind == "directory"

    @property
    def is_link(self) -> bool:
        return self.kind == "link"


@dataclass(frozen=True)
class Completed:
    """A command that ended: its exit code (negative: the signal that ended it) and what it wrote, as text."""

    argv: tuple[str, ...]
    code: int
    output: str
    """Standard output and standard error as they came, the last 256 KiB."""


class Host(Protocol):
    """The host as a resource or an action sees it. The agent's machine is one; check mode's overlay is another."""

    # looks
    def status(self, path: str) -> Status | None: ...
    def read(self, path: str) -> bytes: ...
    def names(self, directory: str) -> tuple[str, ...]:
        """The sorted names in a directory; empty where there is none."""
        ...

    def ask(
        self,
        argv: Sequence[str],
        *,
        directory: str = "/",
        environment: Mapping[str, str] | None = None,
        user: str = "",
    ) -> Completed:
        """Run a command that changes nothing; never raises for its exit code."""
        ...

    def ask_once(self, argv: Sequence[str]) -> Completed:
        """As `ask`, for a look that many resources share: the answer is remembered during this request, until
        something is run or called that may change it."""
        ...

    def find_program(self, name: str) -> str | None:
        """The absolute path of a program on PATH (and the sbin directories), or None."""
        ...

    def promises(self, name: str) -> bool:
        """Whether an earlier resource would provide this (`path:/srv/shop`, `program:redis`), though it cannot be seen
        yet: only in check mode. It is what differences ask where they look past the host's paths."""
        ...

    def would_mend(self, refusal: str) -> bool:
        """Whether somebody refuses something, in these words, for a path that an earlier resource would mend: only in
        check mode."""
        ...

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
        """Replace a file atomically. `validate` is an argv in which `{}` stands for the candidate's path; when it
        exits other than 0 the old file stays and a Failure with its output is raised."""
        ...

    def make_directory(self, path: str, *, mode: int, owner: str = KEEP, group: str = KEEP) -> None: ...
    def make_link(self, path: str, target: str) -> None:
        """Point a symbolic link at a target, atomically, replacing a link or file that is there."""
        ...

    def set_mode(self, path: str, mode: int) -> None: ...
    def set_ownership(self, path: str, owner: str, group: str) -> None: ...
    def remove(self, path: str) -> None:
        """Remove a file, a link or a whole directory; nothing where there is nothing."""
        ...

    def rename(self, old: str, new: str) -> None: ...
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
        """Run a command that changes something; never raises for its exit code. `environment` is the whole environment
        but PATH, HOME, LANG and the proxy and certificate variables; `live` sends its lines on as events;
        `timeout` is in seconds. In check mode: raises OnlyLooking."""
        ...

    def call(self, change: Callable[[], object]) -> object:
        """Do a change that is not a file and not a command (an RPC, a signal). In check mode: raises OnlyLooking."""
        ...

    # the rest
    def pause(self, seconds: float) -> None:
        """Wait, and stop waiting (by Interrupted) when the controller has gone."""
        ...

    def tell(self, line: str) -> None:
        """A line for the person who watches: progress, a warning."""
        ...


class Resource:
    """Something that should be so on a host. Subclasses are frozen dataclasses, one a file, standard library only."""

    def differences(self, host: Host) -> Iterator[Difference]:
        """What is not as it should be. Reads only."""
        raise NotImplementedError

    def converge(self, host: Host) -> None:
        """Make it so. Called only when there are differences."""
        raise NotImplementedError

    def foresee(self, host: Foresight) -> None:
        """Leave on a host that only looks what converging would leave for others to see. Differs from `converge` only
        where that runs what cannot be run there."""
        self.converge(host)

    @property
    def subject(self) -> str:
        """What the events call it: its path or name."""
        raise NotImplementedError

    def provides(self) -> tuple[str, ...]:
        """What later resources may need: `path:/srv/shop`, `user:shop`."""
        return ()

    def needs(self) -> tuple[str, ...]:
        """What must not come later in a plan than this resource."""
        return ()

    def written_files(self) -> tuple[File, ...]:
        """The files that it writes, as far as they are known without a host; for who wants to read them before."""
        return ()

    def undone(self) -> tuple[Resource, ...]:
        """What makes the host as if this had never been so, where that is more than to remove the paths that it
        provides."""
        return ()


class Action:
    """Something that is done once: a handler, a gate, a step of the runbook. Subclasses are frozen dataclasses.

    `perform` returns None, a JSON value or a dataclass of ours (see codec.py), and raises a Failure."""

    def perform(self, host: Host) -> object:
        """Do it."""
        raise NotImplementedError

    def foresee(self, host: Foresight) -> object:
        """What `perform` would answer, without doing it; what would be done is told. By default nothing, and None."""
        return None

    def joined(self, other: Action) -> Action | None:
        """This and another as one, where that is less work than one after the other; see joining.py."""
        return None


class Question(Action):
    """An action that only looks; in check mode it is performed as ever."""

    def foresee(self, host: Foresight) -> object:
        return self.perform(host)


def ownership_differences(found: Status, owner: str, group: str, mode: int) -> Iterator[Difference]:
    """How owner, group and mode differ; an owner or group that is KEEP is not looked at."""
    if found.mode != mode:
        yield Difference("mode", f"{found.mode:04o}", f"{mode:04o}")
    if owner != KEEP and found.owner != owner:
        yield Difference("owner", found.owner, owner)
    if group != KEEP and found.group != group:
        yield Difference("group", found.group, group)
