"""The base of every role's variables, and what one host's settings are once they are checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from backline.resources.dataclass import dataclass
from backline.settings.app import App, SupervisorPaths


@dataclass(frozen=True)
class Objection:
    """What is wrong with a variable whose type is right: `web_workers`, "must be at least 1"."""

    variable: str
    reason: str


@dataclass(frozen=True)
class Settings:
    """A role's variables, checked. Subclasses declare one field a variable, named as in the inventory, prefixed by the
    role, with a docstring below it; a default that is a string may be a template (`{{ ansible_user_dir }}/x`)."""

    app: App
    supervisor: SupervisorPaths

    def objections(self) -> Iterator[Objection]:
        """What types do not say; a role overrides this, and each is reported with the file and line of its variable."""
        return iter(())


SomeSettings = TypeVar("SomeSettings", bound=Settings)


@dataclass(frozen=True)
class HostSettings:
    """Everything that was set for one host: the app and each role's own settings."""

    app: App
    supervisor: SupervisorPaths
    roles: tuple[str, ...]
    """Names of the roles that this host has, in the order in which they converge."""
    by_type: Mapping[type[Settings], Settings]
    doubts: tuple[str, ...] = ()
    """What may be a slip of the pen among its variables, with file and line."""

    def of(self, kind: type[SomeSettings]) -> SomeSettings:
        return cast(SomeSettings, self.by_type[kind])
