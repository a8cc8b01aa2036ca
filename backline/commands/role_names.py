"""The roles that a person named with --role: checked against those that there are, and those that the hosts have."""

from __future__ import annotations

from collections.abc import Sequence

from backline.commands.roles import declarations
from backline.deploy.role import Role
from backline.resources.failure import ConfigurationError
from backline.settings.role_choice import unknown_roles
from backline.settings.settings import HostSettings


def role_names(text: str, roles: tuple[Role, ...], hosts: Sequence[HostSettings]) -> tuple[str, ...]:
    """Several with commas; none for all. Raises ConfigurationError for one that is not there, or that no host has."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    wrong = tuple(f"--role {reason}" for reason in unknown_roles(names, declarations(roles)))
    had = {name for host in hosts for name in host.roles}
    missing = [name for name in names if name not in had]
    if not wrong and missing:
        wrong = (f"none of these hosts has the role {missing[0]}; they have {', '.join(sorted(had))}",)
    if wrong:
        raise ConfigurationError(wrong[0], lines=wrong[1:])
    return names
