"""What can go wrong, as a small tree of exceptions that a person at two in the morning can act on.

Every failure says what happened (`cause`), the lines that prove it (`lines`) and what to type next (`hint`); whoever
knows them adds the host and the step. A failure crosses the wire as it is (see codec.py), so what the agent raises is
what the controller raises.
"""

from __future__ import annotations


class ExitCode:
    """How a command ends; DESIGN names these and the README lists them. Plain integers, because hosts import this."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    LOCKED = 3
    UNREACHABLE = 4
    PARTIAL = 5
    REFUSED = 6


class Failure(Exception):
    """Something failed; the site is as it was unless `state` says otherwise."""

    code = ExitCode.FAILED

    def __init__(
        self,
        cause: str,
        *,
        lines: tuple[str, ...] = (),
        hint: str = "",
        state: str = "",
        host: str = "",
        step: str = "",
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.lines = tuple(lines)
        self.hint = hint
        self.state = state
        self.host = host
        self.step = step

    def __str__(self) -> str:
        where = " · ".join(part for part in (self.host, self.step) if part)
        return f"{where}: {self.cause}" if where else self.cause


class ConfigurationError(Failure):
    """A pattern, a reference, a folder or a variable is wrong; nothing was touched."""

    code = ExitCode.USAGE


class LockHeld(Failure):
    """Somebody else's run holds the lock of this app on the host."""

    code = ExitCode.LOCKED


class Unreachable(Failure):
    """The host could not be reached, or did not let us in."""

    code = ExitCode.UNREACHABLE


class Partial(Failure):
    """After the switch something could not be finished; a person is needed."""

    code = ExitCode.PARTIAL


class Refused(Failure):
    """A gate refused the new release: a check, a ping, a probe."""

    code = ExitCode.REFUSED


class Conflict(Failure):
    """What is on the host is of another kind than what should be there, and is not ours to remove."""


class NotConverged(Failure):
    """A resource was made so, and looking again it is not so."""


class Interrupted(Failure):
    """A person stopped the run, or the connection to its controller ended."""


class OnlyLooking(Exception):
    """Raised by a host that only looks, where converging would do something whose result cannot be foretold."""
