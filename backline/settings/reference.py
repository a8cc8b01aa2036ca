"""The reference of variables, in Markdown, from the dataclasses that declare them."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from backline.resources.secret import Secret
from backline.settings.connection_variables import ConnectionVariables
from backline.settings.declaration import DeclaredVariable, RoleDeclaration, declared_variables
from backline.settings.type_names import type_name, value_name


def reference(declarations: Sequence[RoleDeclaration]) -> str:
    """Every variable of every role, then those of the connection: name, type, default, meaning."""
    lines = ["# Variables"]
    for declaration in declarations:
        lines += _section(f"Role {declaration.name}", declaration.settings)
    lines += _section("Connection", ConnectionVariables)
    return "\n".join(lines) + "\n"


def _section(title: str, kind: type[Any]) -> Iterator[str]:
    variables = declared_variables(kind)
    if not variables:
        return
    yield f"\n## {title}\n"
    for variable in variables:
        yield from _entry(variable, indent="")


def _entry(variable: DeclaredVariable, indent: str) -> Iterator[str]:
    default = "required" if variable.required else f"default {_default(variable.default)}"
    yield f"{indent}- `{variable.name}`: {type_name(variable.annotation)}; {default}. {variable.meaning}".rstrip()
    nested = _nested_kind(variable.annotation)
    if nested:
        for key in declared_variables(nested):
            yield from _entry(key, indent + "  ")


def _default(value: object) -> str:
    if value is None or value in ("", ()) or value == {}:
        return "empty"
    if isinstance(value, tuple):
        return f"`[{', '.join(str(item) for item in value)}]`"
    if isinstance(value, Mapping):
        return f"one of them, {', '.join(f'`{name}`' for name in value)}"
    return f"`{value}`" if isinstance(value, str) else f"`{value_name(value)}`"


def _nested_kind(annotation: object) -> type[Any] | None:
    """The dataclass that the items of a mapping are made of."""
    for member in (annotation, *typing.get_args(annotation)):
        if isinstance(member, type) and is_dataclass(member) and member is not Secret:
            return member
    return None
