"""From a host's settings to a session: the agent started as whom they say, by a Python that the host has."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from backline.agent.bootstrap import NO_PYTHON, TOO_OLD, search_command, start_command
from backline.fleet.interpreters import Interpreters
from backline.fleet.session import AgentNotStarted, Listener, Session
from backline.resources.dataclass import dataclass
from backline.resources.failure import Unreachable
from backline.transport.become import LIST_RIGHTS, PasswordWanted, becomes, only_some_commands, refusal
from backline.transport.becoming import open_as
from backline.transport.login_name import login_name
from backline.transport.opening import LOCAL

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access
    from backline.transport.stream import Stream

USUAL = "python3"
NOT_THERE = (126, 127)
"""A shell's exit codes for a command that cannot be run, or is not there."""
OF_PYTHON_2 = "Unknown option: -I"
NOT_FOUND = re.compile(
    r"(?i)not found|no such file|unknown command|permission denied|cannot execute|could not find command"
)
READ = 65536


class NoPython(Unreachable):
    """The host can be logged in to, and has no Python that is new enough."""


@dataclass(frozen=True)
class Start:
    """How the agent of one host is started."""

    name: str
    """The host's, in the inventory."""
    settings: ConnectionSettings
    access: Access
    interpreters: Interpreters
    listener: Listener
    kind: type[Session] = Session
    ahead: frozenset[str] = frozenset()
    """Modules that the agent will surely be asked for."""

    def session(self) -> Session:
        """The agent by the Python that is set, else by python3, else by one that is found. Raises Unreachable."""
        settings = self.settings
        interpreter = settings.python or self.interpreters.known(self._place) or USUAL
        try:
            return self._by(partial(start_command, interpreter))
        except AgentNotStarted as failure:
            self._require_let(failure)
            if not settings.python:
                return self._otherwise(failure, interpreter)
            if not _is_no_python(failure, interpreter):
                raise
            raise NoPython(
                f"ansible_python_interpreter is {settings.python}, and that is no Python 3.8 or newer there",
                lines=failure.lines,
                host=self.name,
                hint="correct it, or take it away: then one is searched for",
            ) from failure

    def _otherwise(self, failure: AgentNotStarted, interpreter: str) -> Session:
        """By a search, after this interpreter failed: it is not there, too old, or broken. Where none is found, it was
        perhaps not the interpreter's fault, and the first failure says more."""
        try:
            return self.found()
        except (NoPython, AgentNotStarted):
            if _is_no_python(failure, interpreter):
                raise
            raise failure from None

    def found(self) -> Session:
        """The agent by whichever Python a search finds; it is remembered. Raises NoPython."""
        try:
            session = self._by(search_command)
        except AgentNotStarted as failure:
            self._require_let(failure)
            if failure.exit_code != NO_PYTHON:
                raise
            raise NoPython(
                "the host has no Python 3.8 or newer, and nothing can be done there without",
                host=self.name,
                hint="install one there, or name where it is: ansible_python_interpreter",
            ) from failure
        self.interpreters.remember(self._place, session.facts.python)
        return session

    def run(self, command: str) -> tuple[int | None, tuple[str, ...]]:
        """A shell command without an agent: its exit code, and what it said on standard error."""
        stream = self._open(command)
        try:
            while stream.read(READ):
                pass
            return stream.exit_code(), tuple(stream.error_output().splitlines())
        finally:
            stream.close()

    @property
    def _place(self) -> str:
        as_whom = self.settings.become_user if becomes(self.settings) else self._login
        if self.settings.connection == LOCAL:
            return f"{self.settings.host} as {as_whom}"
        where = self.access.destination(self.settings)
        return f"{where.user}@{where.host}:{where.port} as {as_whom}"

    @property
    def _login(self) -> str:
        """Who logs in. Where nobody need, the configuration of ssh is not asked: it fails for whom no account has."""
        return login_name() if self.settings.connection == LOCAL else self.access.destination(self.settings).user

    def _by(self, start: Callable[[int], str]) -> Session:
        return self.kind(self.name, self._open, start, self.listener, ahead=self.ahead)

    def _open(self, command: str, first: bytes = b"") -> Stream:
        return open_as(self.settings, command, self.access, first)

    def _require_let(self, failure: AgentNotStarted) -> None:
        """Raises Unreachable where it was sudo or su that did not let us."""
        if not becomes(self.settings):
            return
        login = self._login
        told = refusal(self.settings, login, failure.lines)
        if isinstance(told, PasswordWanted):
            told = self._only_some_commands(login) or told
        if told is not None:
            raise told from failure

    def _only_some_commands(self, login: str) -> Unreachable | None:
        """sudo says only after a password what it does not allow; what it does allow it may list without one."""
        from backline.resources.dataclass import replace
        from backline.transport.opening import open_stream

        stream = open_stream(replace(self.settings, become=False), LIST_RIGHTS, self.access)
        try:
            listed = b"".join(iter(lambda: stream.read(READ), b""))
        finally:
            stream.close()
        return only_some_commands(self.settings, login, listed.decode("utf-8", "replace").splitlines())


def _is_no_python(failure: AgentNotStarted, interpreter: str) -> bool:
    """The shell's word for a program that is not there, or ours for one that is too old."""
    said = failure.lines
    if any(TOO_OLD in line or OF_PYTHON_2 in line for line in said):
        return True
    named = any(interpreter in line and NOT_FOUND.search(line) for line in said)
    return named or (failure.exit_code in NOT_THERE and not any("sudo" in line or "su:" in line for line in said))
