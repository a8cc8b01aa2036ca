"""Which roles a host has: its variable `backline_roles`, and what those bring with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from backline.settings.declaration import RoleDeclaration
from backline.settings.nearest import suggestion

VARIABLE = "backline_roles"


def chosen_roles(wanted: Collection[str], declarations: Sequence[RoleDeclaration]) -> tuple[RoleDeclaration, ...]:
    """The roles of these names and what they bring, in the order of the declarations, in which they converge."""
    by_name = {declaration.name: declaration for declaration in declarations}
    chosen: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in chosen:
            chosen.add(name)
            waiting.extend(by_name[name].brings)
    return tuple(declaration for declaration in declarations if declaration.name in chosen)


def unknown_roles(wanted: Collection[str], declarations: Sequence[RoleDeclaration]) -> Iterator[str]:
    """What to say of each name that is not a role's."""
    names = [declaration.name for declaration in declarations]
    for name in wanted:
        if name not in names:
            near = suggestion(name, names) or f"; there are {', '.join(names)}"
            yield f"names {name}, which is not a role{near}"
