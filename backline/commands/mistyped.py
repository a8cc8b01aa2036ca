"""A word of the command itself is wrong: what to type next is the command with another in its place."""

from __future__ import annotations

from collections.abc import Iterable

from backline.resources.failure import ConfigurationError


def number(option: str, text: str, what: str, instead: str) -> int:
    """What an option says that counts `what`; `instead` is a value to try. Raises Mistyped."""
    if text.isdecimal():
        return int(text)
    raise Mistyped(f"{option} {text}: a number of {what} is meant", option=option, instead=instead)


class Mistyped(ConfigurationError):
    """An option has a value that cannot be meant. `instead` is one that could be; None: leave the option out."""

    def __init__(
        self, cause: str, *, option: str, instead: str | None, lines: Iterable[str] = (), hint: str = ""
    ) -> None:
        super().__init__(cause, lines=tuple(lines), hint=hint)
        self.option = option
        self.instead = instead
