"""Keeps the secrets of one host out of everything that is told of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator

from backline.agent.events import Event
from backline.resources.dataclass import replace
from backline.resources.failure import Failure
from backline.resources.resource import Difference
from backline.resources.secret import masked
from backline.settings.launcher import shell_quoted

TELLING = 6
"""Characters; a shorter line of a longer secret (`-----`, `}`) tells nothing, and would hide half of every output."""


class Hiding:
    """Knows the values that nobody may see."""

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()

    def add(self, secrets: Iterable[str]) -> None:
        """From now on these too, and each line of them: output is cut into lines before it is seen."""
        whole = tuple(secrets)
        lines = (line.strip() for secret in whole for line in secret.splitlines())
        plain = (*whole, *(line for line in lines if len(line) >= TELLING))
        self._secrets |= frozenset(form for text in plain for form in _forms(text))

    def event(self, event: Event) -> Event:
        """The event without them."""
        if not self._secrets:
            return event
        differences = tuple(self._difference(item) for item in event.differences)
        return replace(event, text=self.text(event.text), subject=self.text(event.subject), differences=differences)

    def failure(self, failure: Failure) -> Failure:
        """The failure without them."""
        failure.cause = self.text(failure.cause)
        failure.lines = tuple(map(self.text, failure.lines))
        failure.hint = self.text(failure.hint)
        return failure

    def text(self, text: str) -> str:
        """The text with dots in their places."""
        return masked(text, self._secrets)

    def _difference(self, item: object) -> object:
        if not isinstance(item, Difference):
            return item
        before, after = (self.text(value) if isinstance(value, str) else value for value in (item.before, item.after))
        return Difference(item.attribute, before, after)


def _forms(text: str) -> Iterator[str]:
    """A text as it is, and as a shell, Python and JSON write it between quotes."""
    yield text
    for quoted in (shell_quoted(text), shlex.quote(text), repr(text), json.dumps(text)):
        yield quoted[1:-1] if quoted[0] == quoted[-1] and quoted[0] in "'\"" else quoted
