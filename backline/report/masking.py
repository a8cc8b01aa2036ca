"""Values as JSON can hold them, secrets as dots: a Secret may stand in what a resource tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass

from backline.agent.events import Event
from backline.resources.dataclass import fields, replace
from backline.resources.resource import Difference
from backline.resources.secret import MASK, Secret


def masked_event(event: Event) -> Event:
    """The event with what it tells of a resource as plain values. Its texts come masked from the session."""
    return replace(
        event,
        differences=tuple(_masked_difference(item) for item in event.differences),
        detail={key: masked_value(value) for key, value in event.detail.items()},
    )


def masked_value(value: object) -> object:
    """Any value as JSON can hold it: secrets as dots, dataclasses as objects, tuples as lists."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): masked_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_value(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: masked_value(getattr(value, part.name)) for part in fields(value)}
    return str(value)


def _masked_difference(item: object) -> object:
    if not isinstance(item, Difference):
        return item
    return replace(item, before=masked_value(item.before), after=masked_value(item.after))
