"""A Jinja2 environment that works with the real values of secrets, and remembers that it did."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, ItemsView, Mapping, ValuesView
from typing import Any

from jinja2 import Environment, UndefinedError
from jinja2.runtime import Context

from backline.resources.secret import Secret

SEQUENCES = (list, tuple, ValuesView, ItemsView)
"""What a template goes through item by item; the views are what `.values()` and `.items()` give it."""


NOT_SET = re.compile(r"'(\w+)' is undefined")
UNTOLD = "why is not shown, for a secret is in it"


def name_not_set(error: Exception) -> str:
    """The name that stands in a template and that nobody set; empty where something else is wrong."""
    found = NOT_SET.fullmatch(error.message or "") if isinstance(error, UndefinedError) else None
    return found[1] if found else ""


class RevealingContext(Context):
    """Where a template's names are looked up: a secret is revealed as soon as one is asked for."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        return self.environment.revealed(found) if isinstance(self.environment, RevealingEnvironment) else found


class RevealingEnvironment(Environment):
    """Reveals a secret at the moment that a template takes hold of it: by name, by key, by attribute, in a filter, in
    the output. A mapping with secrets and others stays as it is: `{{ db.user }}` is plain beside `db.password`."""

    context_class: type[Context] = RevealingContext

    def __init__(self, **options: Any) -> None:
        super().__init__(finalize=self.revealed, **options)
        self.revealed_any = False
        self.filters = {name: self._revealing(function) for name, function in self.filters.items()}

    def revealed(self, value: Any) -> Any:
        """The value itself, or what the secret hides."""
        if not isinstance(value, Secret):
            return value
        self.revealed_any = True
        return value.reveal()

    def quotes_secrets(self, error: Exception) -> bool:
        """Whether what an error says may hold what a secret hides: `{{ ports[password] }}` names the key."""
        return self.revealed_any and not name_not_set(error)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.revealed(super().getitem(obj, argument))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.revealed(super().getattr(obj, attribute))

    def _revealing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter goes through all of what it is given, so all of it is revealed."""

        @functools.wraps(function)
        def filter_of_revealed(*arguments: Any, **options: Any) -> Any:
            return function(
                *(self._revealed_within(argument) for argument in arguments),
                **{name: self._revealed_within(option) for name, option in options.items()},
            )

        return filter_of_revealed

    def _revealed_within(self, value: Any) -> Any:
        if isinstance(value, Context) or not holds_secret(value):
            return value
        return transformed(value, self.revealed)


def holds_secret(value: object) -> bool:
    """Whether the value is a Secret or has one inside."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, SEQUENCES):
        return any(holds_secret(item) for item in value)
    return isinstance(value, Secret)


def transformed(value: object, change: Callable[[Any], object]) -> object:
    """The same shape of mappings and lists with every other value changed."""
    if isinstance(value, Mapping):
        return {key: transformed(item, change) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(transformed(item, change) for item in value)
    if isinstance(value, SEQUENCES):
        return [transformed(item, change) for item in value]
    return change(value)
