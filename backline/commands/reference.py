"""Prints the reference of variables, from the dataclasses that declare them; `make reference` keeps it in docs/."""

from __future__ import annotations

from backline.commands.own_folders import OURS
from backline.commands.roles import declarations, load_roles
from backline.settings.reference import reference


def variables_reference() -> str:
    """docs/variables.md as it should be."""
    return reference(declarations(load_roles(OURS)))


if __name__ == "__main__":
    print(variables_reference(), end="")
