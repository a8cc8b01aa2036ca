"""The order of roles: in it they converge, are listed, and start their programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backline.deploy.role import Role
from backline.inventory.yaml_document import as_named
from backline.resources.failure import ConfigurationError
from backline.settings.nearest import suggestion


def in_order(roles: Sequence[Role]) -> tuple[Role, ...]:
    """What a role brings comes before it. Where that leaves freedom: roles that only prepare the host before those that
    have programs, since programs use what was prepared; then by name. Raises ConfigurationError."""
    names = {role.name for role in roles}
    waiting = sorted(roles, key=lambda role: (role.programs is not None, role.name))
    placed: dict[str, Role] = {}
    while waiting:
        ready = next((role for role in waiting if not set(role.brings) - placed.keys()), None)
        if ready is None:
            raise _endless(waiting, names)
        waiting.remove(ready)
        placed[ready.name] = ready
    return tuple(placed.values())


def _endless(waiting: Sequence[Role], names: set[str]) -> ConfigurationError:
    """Why none of these can be next: one brings what is not there, or they bring each other."""
    for role in waiting:
        for name in role.brings:
            if name not in names:
                said = f"the role {role.name} brings {name}, which is not a role{suggestion(name, names)}"
                return ConfigurationError(f"{as_named(Path(role.own_file))}: {said}" if role.own_file else said)
    circle = tuple(f"{role.name} brings {', '.join(role.brings)}" for role in waiting)
    return ConfigurationError("these roles bring each other, so none of them can be the first", lines=circle)
