"""The roles that a person named with --role: checked against those that there are, and those that the hosts have."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from backline.commands.mistyped import Mistyped
from backline.commands.roles import declarations
from backline.deploy.role import Role
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
        raise Mistyped(wrong[0], option="--role", instead=_meant(names, had), lines=wrong[1:])
    return names


def _meant(names: Sequence[str], had: Collection[str]) -> str:
    """The same names, each that no host has replaced by the nearest that one has."""
    ours = sorted(had)
    nearest = (name if name in had else "".join(difflib.get_close_matches(name, ours, n=1)) for name in names)
    return ",".join(dict.fromkeys(filter(None, nearest))) or "NAME"
