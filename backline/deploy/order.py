"""What a run was asked to do, and by whom: the same on every host."""

from __future__ import annotations

from backline.deploy.role import Role
from backline.resources.dataclass import dataclass


@dataclass(frozen=True)
class Order:
    """`who` is a person at a machine, `command` what they typed, `at` ISO 8601 in UTC."""

    roles: tuple[Role, ...]
    who: str
    command: str
    at: str
    force: bool = False
    others: tuple[str, ...] = ()
    """Hosts of the app that this run is not for."""
    batch: int = 0
    """How many hosts switch at once; 0: all."""
