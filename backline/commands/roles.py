"""The role modules, as the runbook and the settings are given them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from backline.deploy.role import Role
from backline.settings.app_settings import AppSettings
from backline.settings.load import RoleDeclaration
from backline.settings.settings import Settings

NAMES = ("app", "virtualenv", "supervisor", "redis", "nginx", "celery", "web")
"""In the order in which a host's roles converge."""


def load_roles() -> tuple[Role, ...]:
    """Every role that there is."""
    return tuple(_role(name, import_module(f"backline.roles.{name}")) for name in NAMES)


def declarations(roles: tuple[Role, ...]) -> tuple[RoleDeclaration, ...]:
    """What the settings need to know of them."""
    return tuple(RoleDeclaration(role.name, role.settings, role.brings) for role in roles)


def _role(name: str, module: ModuleType) -> Role:
    return Role(
        name=name,
        settings=_settings_of(module),
        brings=module.BRINGS,
        resources=module.resources,
        programs=getattr(module, "programs", None),
        fitted=getattr(module, "fitted", None),
        placed=getattr(module, "placed", None),
    )


def _settings_of(module: ModuleType) -> type[Settings]:
    """The one Settings class that a role's `resources` takes."""
    own = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, Settings)]
    return next((item for item in own if item is not Settings and item.__module__ == module.__name__), AppSettings)
