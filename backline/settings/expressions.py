"""The `{{ … }}` in variables, rendered when something asks for them, each once, however they refer to each other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from backline.inventory.variable import Place, Unsafe, Variable
from backline.inventory.vault import Closed, Vaulted
from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret
from backline.settings.nearest import suggestion

TEMPLATE = re.compile(r"\{\{|\{%|\{#")


class NotSet(ConfigurationError):
    """A template asks for a variable that nobody set."""

    def __init__(self, cause: str, *, variable: str) -> None:
        super().__init__(cause)
        self.variable = variable


class Scope:
    """The variables of one host, rendered. What was made with a secret is a Secret."""

    def __init__(self, variables: Mapping[str, Variable]) -> None:
        self.variables = variables
        self._rendered: dict[str, object] = {}
        self._under_way: list[str] = []

    def __contains__(self, name: object) -> bool:
        return name in self.variables

    def value(self, name: str) -> object:
        """The variable's value. Raises ConfigurationError with the file and line of what cannot be rendered."""
        if name not in self._rendered:
            self._rendered[name] = self._render(self.variables[name])
        return self._rendered[name]

    def _render(self, variable: Variable) -> object:
        if variable.name in self._under_way:
            chain = [*self._under_way[self._under_way.index(variable.name) :], variable.name]
            raise ConfigurationError(f"{variable.origin}: {variable.name} is made of itself: {' → '.join(chain)}")
        self._under_way.append(variable.name)
        try:
            return self._within(variable, variable.value, ())
        finally:
            self._under_way.pop()

    def _within(self, variable: Variable, value: object, place: Place) -> object:
        if isinstance(value, (Vaulted, Secret)):
            return self._decrypted(variable, value, place)
        if isinstance(value, Mapping):
            return {key: self._within(variable, item, (*place, key)) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._within(variable, item, (*place, at)) for at, item in enumerate(value)]
        if not isinstance(value, str) or isinstance(value, Unsafe) or not TEMPLATE.search(value):
            return value
        subject = ".".join(str(part) for part in (variable.name, *place))
        try:
            return self._expression(value)
        except ConfigurationError:
            raise
        except Exception as error:  # an expression may raise anything
            raise self._explained(f"{variable.origin_of(place)}: {subject}", error) from error

    def _decrypted(self, variable: Variable, value: Vaulted | Secret, place: Place) -> object:
        """Its templates are rendered, as in Ansible; an error in them must not quote them."""
        text = value.opened().reveal() if isinstance(value, Vaulted) else value.reveal()
        if not TEMPLATE.search(text):
            return Secret(text)
        try:
            return _hidden(self._expression(text))
        except (NotSet, Closed):
            raise
        except Exception:
            subject = ".".join(str(part) for part in (variable.name, *place))
            cause = f"{variable.origin_of(place)}: {subject} cannot be rendered: what is decrypted is a wrong template"
            raise ConfigurationError(cause) from None

    def _expression(self, text: str) -> object:
        from backline.settings.revealing import transformed
        from backline.settings.scope_environment import environment_of_this_thread

        environment = environment_of_this_thread()
        with environment.asked_by(self):
            result = environment.result_of(text)
            return transformed(result, _hidden) if environment.revealed_any else result

    def _explained(self, subject: str, error: Exception) -> ConfigurationError:
        from jinja2 import TemplateError

        from backline.settings.revealing import name_not_set

        name = name_not_set(error)
        if name:
            return NotSet(f"{subject} uses {name}, which is not set{suggestion(name, self.variables)}", variable=name)
        said = error.message if isinstance(error, TemplateError) else str(error)
        return ConfigurationError(f"{subject} cannot be rendered: {said}")


def _hidden(value: object) -> object:
    """What was made with a secret is one; yes, no and nothing tell too little to hide."""
    if value is None or isinstance(value, (bool, Secret)):
        return value
    return Secret(str(value))
