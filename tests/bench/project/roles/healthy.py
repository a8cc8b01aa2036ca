"""Proves that the work is whole; a role of its own, since handlers run at the end of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backline.resources.proof import Proof
from backline.resources.resource import Resource
from backline.settings.settings import Settings

BRINGS = ("kiosk",)


@dataclass(frozen=True)
class HealthySettings(Settings):
    """It has none."""


def resources(healthy: HealthySettings) -> Iterator[Resource]:
    """The script that the work has put there says so."""
    yield Proof(("/etc/kiosk/healthy.sh",), of=("/srv/kiosk/current",))
