"""What a resource or an action may ask of the host that it is about."""

from __future__ import annotations

from backline.resources.resource import KEEP, Completed, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol
else:
    Protocol = object  # dear to import, and nobody asks whether a host is one


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
