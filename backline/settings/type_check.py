"""Whether a variable's value is of the type that its role declares; what is not is told with file and line."""

from __future__ import annotations

import datetime
import re
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from backline.inventory.variable import Place, Variable
from backline.resources.secret import Secret
from backline.settings.declaration import declared_variables
from backline.settings.nearest import suggestion
from backline.settings.secret_names import SAYS_SECRET
from backline.settings.type_names import choices, is_union, kind_name, type_name, value_name

BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}
"""Text that says yes or no, as in an inventory in INI format, where only True and False are anything else."""
WHOLE = re.compile(r"-?[0-9]{1,18}")
"""Text that is a whole number, as what a template gives often is; Ansible takes it for one."""
SIMPLE = (str, bool, int, float, object)


class TypeCheck:
    """Checks one variable. `problems` are whole lines; where there are none, what `fitted` gave is of its type."""

    def __init__(self, variable: Variable) -> None:
        self.variable = variable
        self.problems: list[str] = []

    def fitted(self, value: object, annotation: object, place: Place = ()) -> object:
        """The value as the role wants it: lists as tuples, mappings as its dataclasses, secret text as Secret."""
        if annotation in SIMPLE:  # most are, and to ask of what kind a type is takes long
            return self._scalar(value, annotation, place)
        if is_union(annotation):
            return self._union(value, annotation, place)
        if choices(annotation):
            return self._choice(value, annotation, place)
        if typing.get_origin(annotation) is tuple:
            return self._list(value, annotation, place)
        if typing.get_origin(annotation) in (Mapping, dict):
            return self._mapping(value, annotation, place)
        if annotation is Secret:
            return self._secret(value, place)
        if isinstance(annotation, type) and is_dataclass(annotation):
            return self._record(value, annotation, place)
        return self._scalar(value, annotation, place)

    def _union(self, value: object, annotation: object, place: Place) -> object:
        members = typing.get_args(annotation)
        if isinstance(value, Secret) and Secret in members:
            return value
        tried = [TypeCheck(self.variable) for _ in members]
        for check, member in zip(tried, members, strict=True):
            if member is Secret and str in members:
                continue
            fitted = check.fitted(value, member, place)
            if not check.problems:
                return fitted
        return self._wrong(value, annotation, place, _quotes(value) if {str, Secret} & {*members} else "")

    def _choice(self, value: object, annotation: object, place: Place) -> object:
        if isinstance(annotation, type) and isinstance(value, annotation):
            return value
        allowed = choices(annotation)
        if str(value) not in allowed or isinstance(value, Secret):
            near = suggestion(str(value), allowed)
            return self._wrong(value, annotation, place, near)
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return next(member for member in annotation if str(member.value) == str(value))
        return next(choice for choice in typing.get_args(annotation) if str(choice) == str(value))

    def _list(self, value: object, annotation: object, place: Place) -> object:
        if not isinstance(value, (list, tuple)):
            advice = f"; write [{value}]" if isinstance(value, str) else ""
            return self._wrong(value, annotation, place, advice)
        member = typing.get_args(annotation)[0]
        return tuple(self.fitted(item, member, (*place, at)) for at, item in enumerate(value))

    def _mapping(self, value: object, annotation: object, place: Place) -> object:
        if not isinstance(value, Mapping):
            return self._wrong(value, annotation, place)
        name_type, member = typing.get_args(annotation)
        return {
            self.fitted(name, name_type, (*place, name)): self.fitted(item, member, (*place, name))
            for name, item in value.items()
        }

    def _secret(self, value: object, place: Place) -> object:
        if isinstance(value, Secret):
            return value
        text = self._as_text(value)
        return self._wrong(value, Secret, place, _quotes(value)) if text is None else Secret(text)

    def _as_text(self, value: object) -> str | None:
        """The value as the text that it is, or that it was in a file where quotes make no text of a number."""
        if isinstance(value, str):
            return str(value)
        is_plain = isinstance(value, (bool, int, float)) and value == self.variable.value
        return self.variable.written or None if is_plain else None

    def _record(self, value: object, kind: type[Any], place: Place) -> object:
        if isinstance(value, kind):
            return value
        if not isinstance(value, (Mapping, type(None))):
            return self._wrong(value, kind, place)
        keys = {key.name: key for key in declared_variables(kind)}
        given = {str(name): item for name, item in (value or {}).items()}
        for name in given:
            if name not in keys:
                near = suggestion(name, keys) or f"; there are {', '.join(keys)}"
                self._tell((*place, name), f"is not known{near}")
        for name, key in keys.items():
            if key.required and name not in given:
                self._tell((*place, name), "is not set, but needed")
        fitted = {
            name: self.fitted(item, keys[name].annotation, (*place, name))
            for name, item in given.items()
            if name in keys
        }
        return None if self.problems else kind(**fitted)

    def _scalar(self, value: object, annotation: object, place: Place) -> object:
        if annotation is str:
            text = self._as_text(value)
            return self._wrong(value, str, place, _quotes(value)) if text is None else text
        if annotation is bool:
            meant = BOOLEANS.get(value.lower()) if isinstance(value, str) else value
            return meant if isinstance(meant, bool) else self._wrong(value, bool, place)
        if annotation is float:
            fits = isinstance(value, (int, float)) and not isinstance(value, bool)
            return float(typing.cast(float, value)) if fits else self._wrong(value, float, place)
        if annotation is int:
            meant = int(value) if isinstance(value, str) and WHOLE.fullmatch(value) else value
            fits = isinstance(meant, int) and not isinstance(meant, bool)
            return meant if fits else self._wrong(value, int, place)
        if annotation is type(None):
            return None if value is None else self._wrong(value, annotation, place)
        return value

    def _wrong(self, value: object, annotation: object, place: Place, advice: str = "") -> object:
        found = kind_name(value) if self._is_secret(annotation, place) else value_name(value)
        self._tell(place, f"must be {type_name(annotation)}, but is {found}{advice}")
        return None

    def _is_secret(self, annotation: object, place: Place) -> bool:
        """Whether what should be there is nobody's to see, by its type or by its name."""
        members = (annotation, *typing.get_args(annotation))
        if Secret in members and str not in members:
            return True
        return any(SAYS_SECRET.search(str(part)) for part in (self.variable.name, *place))

    def _tell(self, place: Place, what: str) -> None:
        subject = ".".join(str(part) for part in (self.variable.name, *place))
        self.problems.append(f"{self.variable.origin_of(place)}: {subject} {what}")


def _quotes(value: object) -> str:
    return "; put it in quotes" if isinstance(value, (bool, int, float, datetime.date)) else ""
