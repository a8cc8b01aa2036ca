"""How a command gets into its hosts: what the inventory says, the passwords a person is asked for, and what the
connections of one command share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from backline.commands.mistyped import Mistyped
from backline.resources.dataclass import dataclass, replace

if TYPE_CHECKING:
    from backline.resources.secret import Secret
    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access
    from backline.transport.asking import AtTheTerminal
    from backline.transport.dialling import Dialling


@dataclass(frozen=True)
class Entrance:
    """One a command, however many sites it looks at in turn."""

    ask_pass: bool = False
    ask_become_pass: bool = False

    @cached_property
    def access(self) -> Access:
        """Made when the first connection is."""
        from backline.transport.access import Access

        return Access(self._terminal, self.dialling)

    @cached_property
    def dialling(self) -> Dialling:
        """The lines that are open before it."""
        from backline.transport.dialling import Dialling

        return Dialling()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Where a person may be asked: Ctrl-C instead of an answer leaves the terminal as it was."""
        try:
            yield
        except KeyboardInterrupt:
            self._terminal.close()
            raise

    def ask(self, question: str) -> Secret | None:
        """Once a command; None where nobody answers."""
        with self.asking():
            return self._terminal.secret(question)

    def with_passwords(self, said: ConnectionSettings) -> ConnectionSettings:
        """The inventory's word, and where it gives no password the one that is asked for, once. Raises
        Mistyped."""
        password, become = said.password, said.become_password
        if self.ask_pass and password is None:
            password = self._asked("password of the login: ", "--ask-pass", "ansible_password")
        if self.ask_become_pass and become is None:
            become = self._asked(f"password for {said.become_method}: ", "--ask-become-pass", "ansible_become_password")
        return replace(said, password=password, become_password=become)

    @cached_property
    def _terminal(self) -> AtTheTerminal:
        from backline.transport.asking import AtTheTerminal

        return AtTheTerminal()

    def _asked(self, question: str, option: str, variable: str) -> Secret:
        answer = self._terminal.secret(question)
        if answer is None:
            raise Mistyped(
                f"{option} got no answer: there is no terminal at which to ask, or nothing was typed",
                option=option,
                instead=None,
                hint=f"where nobody can be asked, set {variable} in the inventory; then:",
            )
        return answer
