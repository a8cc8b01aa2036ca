"""The proof of who we are, as a strategy that Paramiko's own client follows: keys and password in the order that the
destination asks for, a second factor where the host wants one, and what was tried when all is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import paramiko

from backline.transport.asking import Asking
from backline.transport.destination import Destination
from backline.transport.flight import Flight
from backline.transport.identities import Identities, Identity

PASSWORD = "password"
INTERACTIVE = "keyboard-interactive"
PROMPT_OF_PASSWORD = "assword"


class NotLetIn(paramiko.AuthenticationException):
    """What was refused, by name; whether the host hung up in between; which ways it would take."""

    def __init__(self, refused: Sequence[str], problems: Sequence[str], cut: bool, ways: Sequence[str]) -> None:
        super().__init__("not let in")
        self.refused = tuple(refused)
        self.problems = tuple(problems)
        self.cut = cut
        self.ways = tuple(ways)


class Login:
    """Logs in at one destination; what paramiko.AuthStrategy is to its client. Use it once. A flight leaves with the
    first key that is offered, where it may."""

    def __init__(
        self, destination: Destination, identities: Identities, asking: Asking, flight: Flight | None = None
    ) -> None:
        self._destination = destination
        self._identities = identities
        self._asking = asking
        self._flight = flight
        self._refused: list[str] = []
        self._ways: Sequence[str] = ()

    def authenticate(self, transport: paramiko.Transport) -> None:
        """Returns when we are in. Raises NotLetIn."""
        try:
            if not self._is_let_in(transport):
                raise self._not_let_in(transport)
        finally:
            self._identities.close()

    def _is_let_in(self, transport: paramiko.Transport) -> bool:
        if self._with_keys(transport, self._identities.configured):
            return True
        if self._destination.password is not None and self._with_password(transport):
            return True
        return self._with_keys(transport, self._identities.others())

    def _with_keys(self, transport: paramiko.Transport, identities: Iterable[Identity]) -> bool:
        for identity in identities:
            try:
                left = self._offer(transport, identity.key)
            except paramiko.BadAuthenticationType as error:
                self._ways = error.allowed_types
                return False
            except (paramiko.SSHException, EOFError, OSError):
                self._refuse(transport, identity.called)
                continue
            if not left or self._with_second_factor(transport, left):
                return True
            self._refuse(transport, f"what it asks for after {identity.called}")
        return False

    def _offer(self, transport: paramiko.Transport, key: paramiko.PKey) -> Sequence[str]:
        """What the host wants besides, once it took the key."""
        if self._flight is not None and self._flight.may_leave(transport, key):
            return self._flight.leave(transport, self._destination.user, key)
        return transport.auth_publickey(self._destination.user, key)

    def _with_password(self, transport: paramiko.Transport) -> bool:
        password = self._destination.password
        assert password is not None
        try:
            left = transport.auth_password(self._destination.user, password.reveal())
        except paramiko.BadAuthenticationType as error:
            self._ways = error.allowed_types
            return False
        except (paramiko.SSHException, EOFError, OSError):
            self._refuse(transport, "the password")
            return False
        return not left or self._with_keys(transport, chain(self._identities.configured, self._identities.others()))

    def _with_second_factor(self, transport: paramiko.Transport, ways: Sequence[str]) -> bool:
        """A key was right, and the host wants more."""
        self._ways = ways
        try:
            if PASSWORD in ways and self._destination.password is not None:
                return not transport.auth_password(self._destination.user, self._destination.password.reveal())
            if INTERACTIVE in ways:
                return not transport.auth_interactive(self._destination.user, self._answers)
        except (paramiko.SSHException, EOFError, OSError):
            pass
        return False

    def _answers(self, title: str, instructions: str, prompts: Sequence[tuple[str, bool]]) -> list[str]:
        return [self._answer(prompt) for prompt, _ in prompts]

    def _answer(self, prompt: str) -> str:
        if PROMPT_OF_PASSWORD in prompt and self._destination.password is not None:
            return self._destination.password.reveal()
        answer = self._asking.code(f"{self._destination.place} asks: {prompt.strip()} ")
        return answer.reveal() if answer is not None else ""

    def _refuse(self, transport: paramiko.Transport, called: str) -> None:
        self._refused.append(called)
        if not transport.is_active():
            raise self._not_let_in(transport)

    def _not_let_in(self, transport: paramiko.Transport) -> NotLetIn:
        cut = not transport.is_active()
        if not cut and not self._ways:
            try:
                transport.auth_none(self._destination.user)
            except paramiko.BadAuthenticationType as error:
                self._ways = error.allowed_types
            except (paramiko.SSHException, EOFError, OSError):
                pass
        return NotLetIn(self._refused, self._identities.problems, cut, self._ways)
