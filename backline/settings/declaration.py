"""What a role says of its variables, read from its dataclass: names, types, defaults, and the words below them."""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from collections.abc import Iterator
from dataclasses import MISSING, Field
from typing import Any

from backline.resources.dataclass import dataclass, fields
from backline.settings.settings import Settings


@dataclass(frozen=True)
class RoleDeclaration:
    """A role as settings see it: its variables, and the roles that come with it."""

    name: str
    settings: type[Settings]
    brings: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeclaredVariable:
    """One variable. `annotation` is its type; `default` means nothing where it is required."""

    name: str
    annotation: object
    required: bool
    default: object
    declared_by: type[Any]

    @property
    def meaning(self) -> str:
        """Its docstring, as one line."""
        return _docstrings(self.declared_by).get(self.name, "")

    @property
    def example(self) -> str:
        """What stands between the last backticks of its docstring."""
        parts = self.meaning.split("`")
        return parts[-2] if len(parts) > 2 else "…"


def declared_variables(kind: type[Any]) -> tuple[DeclaredVariable, ...]:
    """The variables of a role's dataclass, or the keys of one that is nested in a variable."""
    if kind not in _declared:
        _declared[kind] = tuple(_read(kind))
    return _declared[kind]


_declared: dict[type[Any], tuple[DeclaredVariable, ...]] = {}
"""Read once: every host asks for the same ones several times."""


def _read(kind: type[Any]) -> Iterator[DeclaredVariable]:
    inherited = {field.name for field in fields(Settings)} if issubclass(kind, Settings) else set()
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        if field.name not in inherited:
            required = field.default is MISSING and field.default_factory is MISSING
            yield DeclaredVariable(field.name, hints[field.name], required, _default(field), kind)


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default


def _docstrings(kind: type[Any]) -> dict[str, str]:
    """The string below each field, as in the source; nothing where the source is not there."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError, SyntaxError):
        return {}
    return dict(_documented(tree.body[0])) if isinstance(tree.body[0], ast.ClassDef) else {}


def _documented(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            yield statement.target.id, " ".join(str(following.value.value).split())
