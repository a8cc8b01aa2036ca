"""A variable that nothing uses and that is nearly called like one that is known: perhaps a slip of the pen."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from backline.inventory.variable import Variable
from backline.settings.connection_variables import OLDER_NAMES, ConnectionVariables
from backline.settings.declaration import declared_variables
from backline.settings.nearest import nearest

ANSIBLES = "ansible_"
CONNECTION = frozenset(
    (*(variable.name for variable in declared_variables(ConnectionVariables)), *chain(*OLDER_NAMES.values()))
)
EXPRESSION = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
NAME = re.compile(r"[A-Za-z_]\w*")


def nearly_known(variables: Mapping[str, Variable], known: Collection[str]) -> Iterator[str]:
    """What to ask of each such variable, with its file and line. One that is named in a template is somebody's own.

    Of Ansible's names only those that say how a host is reached are known here."""
    named = named_in_templates(variables)
    for name, variable in variables.items():
        own = name in known or name in named or name in CONNECTION
        near = "" if own else nearest(name, CONNECTION if name.startswith(ANSIBLES) else known)
        if near:
            yield f"{variable.origin}: nothing uses {name}; did you mean {near}?"


def named_in_templates(variables: Mapping[str, Variable]) -> frozenset[str]:
    """The words of all their templates."""
    return frozenset(word for variable in variables.values() for word in _names_in(variable.value))


def _names_in(value: object) -> Iterator[str]:
    """The words of all templates in a value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _names_in(item)
    elif isinstance(value, str):
        for expression in EXPRESSION.findall(value):
            yield from NAME.findall(expression)
