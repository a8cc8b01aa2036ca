"""Types and values in the words of whoever writes an inventory."""

from __future__ import annotations

import datetime
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Literal, Union

from backline.resources.secret import Secret

SCALARS: Mapping[object, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Secret: "a secret text",
    type(None): "empty",
}


def type_name(annotation: object) -> str:
    """`a whole number`, `a list of text`, `one of ssh, local`."""
    if annotation in SCALARS:
        return SCALARS[annotation]
    if is_union(annotation):
        members = typing.get_args(annotation)
        return " or ".join(type_name(member) for member in members if member is not Secret or str not in members)
    if choices(annotation):
        return f"one of {', '.join(choices(annotation))}"
    return _collection_name(annotation)


def _collection_name(annotation: object) -> str:
    origin, members = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is tuple:
        return f"a list of {_plural(members[0])}"
    if origin in (Mapping, dict):
        return f"a mapping of names to {_plural(members[1])}"
    return "a mapping" if is_dataclass(annotation) else "anything"


def choices(annotation: object) -> tuple[str, ...]:
    """The values that a Literal or an Enum allows, as one writes them; nothing for other types."""
    if typing.get_origin(annotation) is Literal:
        return tuple(str(choice) for choice in typing.get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    return ()


def is_union(annotation: object) -> bool:
    """Whether it is `X | Y`, in either of Python's spellings."""
    return typing.get_origin(annotation) in (Union, types.UnionType)


def value_name(value: object) -> str:
    """`"two"`, `43`, `true`, `a list`; never what a secret hides."""
    if value is None:
        return "empty"
    if isinstance(value, Secret):
        return "secret"
    if isinstance(value, (str, bool)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, datetime.date):
        return f"the date {value.isoformat()}"
    return "a mapping" if isinstance(value, Mapping) else "a list"


def kind_name(value: object) -> str:
    """`a number`, `a text`: of a value that nobody is to be shown."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "a number"
    if isinstance(value, datetime.date):
        return "a date"
    return "a text" if isinstance(value, str) else value_name(value)


def _plural(annotation: object) -> str:
    plurals: dict[object, str] = {int: "whole numbers", float: "numbers"}
    if annotation in plurals:
        return plurals[annotation]
    return "mappings" if is_dataclass(annotation) and annotation is not Secret else type_name(annotation)
