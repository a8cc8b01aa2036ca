"""The roles that there are for a project, as the runbook and the settings are given them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from backline.commands.own_folders import OURS, module_files, own_folder, use_own_folders
from backline.commands.role_order import in_order
from backline.commands.steps import at_step
from backline.deploy.role import Role, answered_for
from backline.inventory.yaml_document import as_named
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin
from backline.resources.resource import Action, Resource
from backline.settings.app_settings import AppSettings
from backline.settings.load import RoleDeclaration
from backline.settings.settings import Settings

NAME = re.compile(r"[a-z][a-z0-9_]*")


def load_roles(project: Path) -> tuple[Role, ...]:
    """Every role, in the order of role_order.py: those of the project's roles/, then ours that it does not replace by
    one of the same name. Raises ConfigurationError with the file and line of what is wrong."""
    with at_step("read roles"):
        use_own_folders(project)
        own = own_folder(project, "roles")
        found = {file.stem: _role(file, str(file)) for file in (module_files(own) if own else ())}
        ours = (file for file in module_files(OURS / "roles") if file.stem not in found)
        return in_order((*found.values(), *(_role(file) for file in ours)))


def declarations(roles: tuple[Role, ...]) -> tuple[RoleDeclaration, ...]:
    """What the settings need to know of them."""
    return tuple(RoleDeclaration(role.name, role.settings, role.brings) for role in roles)


def _role(file: Path, own_file: str = "") -> Role:
    name = as_named(file)
    if not NAME.fullmatch(file.stem):
        raise ConfigurationError(f"{name}: the name of a role is small letters, digits and underscores")
    with answered_for(own_file):
        module = import_module(f"backline.roles.{file.stem}")
    brings, resources = getattr(module, "BRINGS", None), getattr(module, "resources", None)
    if not isinstance(brings, tuple) or not all(isinstance(item, str) for item in brings):
        raise ConfigurationError(f'{_line_of(file, "BRINGS")}: a role says what comes with it: BRINGS = ("app",)')
    if not callable(resources):
        raise ConfigurationError(f"{name}: a role has a function resources(settings)")
    return Role(
        name=file.stem,
        settings=_settings_of(module),
        brings=brings,
        resources=resources,
        programs=getattr(module, "programs", None),
        fitted=getattr(module, "fitted", None),
        placed=getattr(module, "placed", None),
        own_file=own_file,
        kinds=tuple(_classes_in(module, (Resource, Action))),
    )


def _settings_of(module: ModuleType) -> type[Settings]:
    """The one Settings class that a role's `resources` takes."""
    known = _classes_in(module, (Settings,))
    return next((item for item in known if item is not Settings and item.__module__ == module.__name__), AppSettings)


def _classes_in(module: ModuleType, bases: tuple[type[Any], ...]) -> Iterator[type[Any]]:
    """The classes of these kinds that a module has written or imported."""
    return (item for item in vars(module).values() if isinstance(item, type) and issubclass(item, bases))


def _line_of(file: Path, name: str) -> Origin:
    """Where a module gives this name a value."""
    for statement in ast.parse(file.read_bytes()).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return Origin(as_named(file), statement.lineno)
    return Origin(as_named(file))
