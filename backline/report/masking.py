"""The last look for secrets before anything is printed or recorded: events come masked, and are masked once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

from backline.agent.events import Event
from backline.resources.resource import Difference
from backline.resources.secret import MASK, Secret, masked


def masked_event(event: Event, secrets: frozenset[str]) -> Event:
    """The event with every known secret as dots, wherever in it."""
    return replace(
        event,
        subject=masked(event.subject, secrets),
        text=masked(event.text, secrets),
        differences=tuple(_masked_difference(item, secrets) for item in event.differences),
        detail={key: masked_value(value, secrets) for key, value in event.detail.items()},
    )


def masked_value(value: object, secrets: frozenset[str]) -> object:
    """Any value as JSON can hold it: secrets as dots, dataclasses as objects, tuples as lists."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, Mapping):
        return {str(key): masked_value(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_value(item, secrets) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: masked_value(getattr(value, part.name), secrets) for part in fields(value)}
    return masked(str(value), secrets)


def _masked_difference(item: object, secrets: frozenset[str]) -> object:
    if not isinstance(item, Difference):
        return item
    return replace(item, before=masked_value(item.before, secrets), after=masked_value(item.after, secrets))
