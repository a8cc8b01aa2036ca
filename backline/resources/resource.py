"""What a resource and an action are, and what they report; what they may ask of the host is in host.py."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

TYPE_CHECKING = False  # `typing` costs a host 11 ms to import
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.file import File
    from backline.resources.foresight import Foresight
    from backline.resources.host import Host as Host
else:
    Host = object  # what is in it only type checkers read, and it is not sent to hosts

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
