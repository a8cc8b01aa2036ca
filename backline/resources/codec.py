"""Our dataclasses as JSON values and back: what a plan, an action, an answer and a failure look like on the wire.

A dataclass of ours becomes an object with its class under `$` and its fields beside it; tuples, bytes and mappings keep
their type. Only classes below `backline.` are made again, so a peer cannot name anything else.
"""

from __future__ import annotations

import sys

from backline.resources.failure import Failure

KIND = "$"


def encoded(value: object) -> object:
    """`value` as a JSON value. Raises TypeError for what has no form on the wire."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return {KIND: "tuple", "items": [encoded(item) for item in value]}
    if isinstance(value, bytes):
        return {KIND: "bytes", "hex": value.hex()}
    if isinstance(value, dict):
        return {KIND: "mapping", "items": [[encoded(key), encoded(item)] for key, item in value.items()]}
    if isinstance(value, Failure):
        return {KIND: _kind(value), **{name: encoded(item) for name, item in vars(value).items()}}
    if hasattr(value, "__dataclass_fields__"):
        return {KIND: _kind(value), **{name: encoded(getattr(value, name)) for name in value.__dataclass_fields__}}
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def decoded(value: object) -> object:
    """The value that `encoded` was given; lists come back as tuples. Unknown fields of a newer peer are left out."""
    if isinstance(value, list):
        return tuple(decoded(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = value[KIND]
    if kind == "tuple":
        return tuple(decoded(item) for item in value["items"])
    if kind == "bytes":
        return bytes.fromhex(value["hex"])
    if kind == "mapping":
        return {decoded(key): decoded(item) for key, item in value["items"]}
    return _made_again(kind, {name: decoded(item) for name, item in value.items() if name != KIND})


def kinds_in(value: object) -> frozenset[str]:
    """The modules that an encoded value needs where it is decoded."""
    if isinstance(value, dict):
        own = {value[KIND].partition(":")[0]} if ":" in str(value.get(KIND)) else set()
        return frozenset(own.union(*(kinds_in(item) for item in value.values())))
    if isinstance(value, list):
        return frozenset().union(*(kinds_in(item) for item in value))
    return frozenset()


def _kind(value: object) -> str:
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _made_again(kind: str, fields: dict[str, object]) -> object:
    module_name, _, class_name = kind.partition(":")
    if not module_name.startswith("backline."):
        raise TypeError(f"{kind} is not a kind of ours")
    __import__(module_name)
    cls = getattr(sys.modules[module_name], class_name)
    if issubclass(cls, Failure):
        return cls(fields.pop("cause"), **fields)
    known = cls.__dataclass_fields__
    return cls(**{name: item for name, item in fields.items() if name in known})
