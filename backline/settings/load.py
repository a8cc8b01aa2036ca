"""One host's settings: its roles' variables, rendered and checked, or one error that names everything that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import cast

from backline.agent.facts import Facts
from backline.inventory.inventory import Inventory, InventoryHost
from backline.inventory.variable import Variable
from backline.inventory.vault import Closed
from backline.inventory.yaml_document import as_named
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin
from backline.settings.app_paths import app_on, supervisor_for
from backline.settings.app_settings import AppSettings
from backline.settings.declaration import RoleDeclaration, declared_variables
from backline.settings.expressions import NotSet
from backline.settings.host_scope import host_scope
from backline.settings.nearest import is_slip, nearest
from backline.settings.role_choice import VARIABLE as ROLES
from backline.settings.role_choice import chosen_roles, unknown_roles
from backline.settings.settings import HostSettings, Settings
from backline.settings.type_check import TypeCheck
from backline.settings.unused import named_in_templates, nearly_known

__all__ = ["RoleDeclaration", "load_settings"]

OF_NO_ROLE = (ROLES, "backline_default_hosts", "backline_one_flight", "backline_unreachable_hint")
STEP = "check variables"
APP = RoleDeclaration("app", AppSettings)


def load_settings(
    host: InventoryHost, inventory: Inventory, declarations: Sequence[RoleDeclaration], facts: Facts
) -> HostSettings:
    """The settings of one host. Raises one ConfigurationError that names every variable that is wrong."""
    return _Loading(host, inventory, declarations, facts).settings()


class _Loading:
    def __init__(
        self, host: InventoryHost, inventory: Inventory, declarations: Sequence[RoleDeclaration], facts: Facts
    ) -> None:
        self.host = host
        self.facts = facts
        self.declarations = declarations
        known_app = any(declaration.settings is AppSettings for declaration in declarations)
        self.every = tuple(declarations) if known_app else (APP, *declarations)
        self.scope = host_scope(host, inventory, self.every, facts)
        self.all_file = as_named(inventory.directory / "group_vars" / "all.yml")
        self.problems: dict[str, None] = {}
        """In the order in which they were found, each once."""
        self.misspelt: set[str] = set()
        self.missing: set[str] = set()

    def settings(self) -> HostSettings:
        roles = self._roles()
        with_app = [APP, *(role for role in roles if role.settings is not AppSettings)]
        self._find_misspelt()
        self._find_missing(with_app)
        values = {
            role.settings: {
                variable.name: self._value(variable.name, variable.annotation)
                for variable in declared_variables(role.settings)
            }
            for role in with_app
        }
        self._raise_problems()
        app = app_on(self.host.name, values[AppSettings], self.facts)
        supervisor = supervisor_for(app)
        by_type = {kind: kind(app, supervisor, **own) for kind, own in values.items()}
        for settings in by_type.values():
            self._find_objections(settings)
        self._raise_problems()
        doubts = tuple(nearly_known(self.host.variables, self._declared))
        return HostSettings(app, supervisor, tuple(role.name for role in roles), by_type, doubts)

    def _roles(self) -> tuple[RoleDeclaration, ...]:
        everything = tuple(declaration.name for declaration in self.declarations)
        if ROLES not in self.scope:
            return chosen_roles(everything, self.declarations)
        wanted = cast("tuple[str, ...] | None", self._value(ROLES, tuple[str, ...]))
        origin = self.scope.variables[ROLES].origin
        for reason in unknown_roles(wanted or (), self.declarations):
            self._add(f"{origin}: {ROLES} {reason}")
        return chosen_roles(everything if wanted is None else wanted, self.declarations)

    @cached_property
    def _declared(self) -> frozenset[str]:
        every = (variable.name for role in self.every for variable in declared_variables(role.settings))
        return frozenset((*every, *OF_NO_ROLE))

    @cached_property
    def _needed(self) -> frozenset[str]:
        variables = (variable for role in self.every for variable in declared_variables(role.settings))
        return frozenset(variable.name for variable in variables if variable.required)

    @cached_property
    def _named(self) -> frozenset[str]:
        return named_in_templates(self.host.variables)

    def _find_misspelt(self) -> None:
        """A variable that no role declares is the user's own, unless it is nearly one that is declared and not set: one
        slip away, or two edits from one that is needed. One that a template names is the user's own."""
        declared = self._declared
        unset = declared - set(self.host.variables)
        for name, variable in self.host.variables.items():
            near = "" if name in declared or name.startswith("ansible_") else nearest(name, unset)
            if near and (near in self._needed or is_slip(name, near)) and name not in self._named:
                self.misspelt.add(near)
                self._add(f"{variable.origin}: {name} is not a variable of Backline; did you mean {near}?")

    def _find_missing(self, roles: Sequence[RoleDeclaration]) -> None:
        for role in roles:
            for variable in declared_variables(role.settings):
                if variable.required and variable.name not in self.scope and variable.name not in self.missing:
                    self.missing.add(variable.name)
                    if variable.name not in self.misspelt:
                        line = f"{variable.name}: {variable.example}"
                        needed = f"{variable.name} is not set, and role {role.name} needs it"
                        self._add(f"{Origin(self.all_file)}: {needed}; for example: {line}")

    def _value(self, name: str, annotation: object) -> object:
        if name in self.missing:
            return None
        try:
            return self._checked(self.scope.variables[name], self.scope.value(name), annotation)
        except Closed:
            raise
        except NotSet as unset:
            if unset.variable not in self.missing:
                self._add(unset.cause)
        except ConfigurationError as error:
            self._add(error.cause)
        return None

    def _checked(self, variable: Variable, value: object, annotation: object) -> object:
        check = TypeCheck(variable)
        fitted = check.fitted(value, annotation)
        for problem in check.problems:
            self._add(problem)
        return fitted

    def _find_objections(self, settings: Settings) -> None:
        for objection in settings.objections():
            origin = self.scope.variables[objection.variable].origin
            self._add(f"{origin}: {objection.variable} {objection.reason}")

    def _add(self, problem: str) -> None:
        self.problems[problem] = None

    def _raise_problems(self) -> None:
        problems = tuple(self.problems)
        if len(problems) == 1:
            raise ConfigurationError(problems[0], host=self.host.name, step=STEP)
        if problems:
            cause = f"{len(problems)} things are wrong with its variables"
            raise ConfigurationError(cause, lines=problems, host=self.host.name, step=STEP)
