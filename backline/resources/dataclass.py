"""Dataclasses as the standard library's, of which this is the part that we use, made in a tenth of the time.

`dataclasses` writes and compiles six methods for each class, which takes half a millisecond, and a run has a hundred
and thirty of them; on a host the module itself takes eight more. Here all classes share their methods but `__init__`.
The standard library's own functions take these for dataclasses of theirs, and one of theirs may inherit from ours.
Modules that use it import annotations from `__future__`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from dataclasses import dataclass, field, fields, replace
    from typing import Any

    __all__ = ["dataclass", "field", "fields", "replace"]

FIELDS = "__dataclass_fields__"
"""Where the standard library looks for the fields of a class, by name."""
NOTHING: Any = object()
"""The default of a field that has none."""


class Field:
    """A field as `field` describes it. What is the same for all is asked by the standard library."""

    name = ""
    type = object
    init = True
    hash = None
    kw_only = False

    def __init__(
        self, default: Any = NOTHING, default_factory: Any = None, repr: bool = True, compare: bool = True
    ) -> None:
        self.value, self.factory, self.repr, self.compare = default, default_factory, repr, compare

    def made(self, given: object) -> object:
        """What the field is where this was given."""
        return self.factory() if given is NOTHING else given

    @property
    def required(self) -> bool:
        return self.value is NOTHING and not self.factory

    @property
    def default(self) -> object:
        return _standard("MISSING") if self.value is NOTHING else self.value

    @property
    def default_factory(self) -> object:
        return self.factory or _standard("MISSING")

    @property
    def _field_type(self) -> object:
        return _standard("_FIELD")


def _standard(name: str) -> object:
    import dataclasses

    return getattr(dataclasses, name)


class Parameters:
    """How a class was made; the standard library asks."""

    def __init__(self, frozen: bool) -> None:
        self.frozen = frozen


def _dataclass(kind: type[Any] | None = None, /, frozen: bool = False) -> Any:
    def made(kind: type[Any]) -> type[Any]:
        known: dict[str, Field] = {}
        for base in kind.__mro__[:0:-1]:
            known.update(vars(base).get(FIELDS, {}))
        known.update((one.name, one) for one in _own_fields(kind))
        setattr(kind, FIELDS, known)
        kind.__dataclass_params__ = Parameters(frozen)
        methods = {**SHARED, **(FROZEN if frozen else CHANGEABLE), "__init__": _initializer(kind, known)}
        for name, method in methods.items():
            if name not in vars(kind):
                setattr(kind, name, method)
        return kind

    return made if kind is None else made(kind)


def _own_fields(kind: type[Any]) -> Iterator[Field]:
    for name, annotation in vars(kind).get("__annotations__", {}).items():
        if not annotation.startswith("ClassVar"):
            one = vars(kind).get(name, NOTHING)
            if isinstance(one, Field):
                delattr(kind, name)
            else:
                one = Field(one)
            one.name = name
            yield one


def _initializer(kind: type[Any], known: Mapping[str, Field]) -> Any:
    """The one method that is written and compiled, since its parameters are the class's own."""
    parameters = [name if one.required else f"{name}=known[{name!r}].value" for name, one in known.items()]
    given = [f"{name}=known[{name!r}].made({name})" if one.factory else f"{name}={name}" for name, one in known.items()]
    lines = [f"def __init__(self, {', '.join(parameters)}):", f" self.__dict__.update({', '.join(given)})"]
    if hasattr(kind, "__post_init__"):
        lines.append(" self.__post_init__()")
    namespace: dict[str, Any] = {"known": known}
    exec("\n".join(lines), namespace)
    return namespace["__init__"]


def _compared(self: Any) -> tuple[object, ...]:
    return tuple(getattr(self, one.name) for one in _fields(self) if one.compare)


def _equal(self: Any, other: object) -> Any:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in _fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, value: object = None) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} is frozen")


SHARED = {"__eq__": _equal, "__repr__": _repr}
FROZEN = {"__hash__": _hash, "__setattr__": _refuse, "__delattr__": _refuse}
CHANGEABLE = {"__hash__": None}


def _fields(of: Any) -> tuple[Field, ...]:
    return tuple(getattr(of, FIELDS).values())


def _replace(of: Any, /, **changes: object) -> Any:
    return type(of)(**{**{one.name: getattr(of, one.name) for one in _fields(of)}, **changes})


def required(kind: type[Any]) -> frozenset[str]:
    """The names of the fields that have no default."""
    return frozenset(one.name for one in _fields(kind) if one.required)


if not TYPE_CHECKING:
    dataclass, field, fields, replace = _dataclass, Field, _fields, _replace
