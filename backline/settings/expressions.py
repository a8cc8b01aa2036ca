"""The `{{ … }}` in variables, rendered when something asks for them, each once, however they refer to each other."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from contextlib import contextmanager
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, Undefined, UndefinedError, nodes
from jinja2.runtime import Context

from backline.inventory.variable import Place, Unsafe, Variable
from backline.inventory.vault import Closed, Vaulted
from backline.resources.failure import ConfigurationError
from backline.resources.secret import MASK, Secret
from backline.settings.nearest import suggestion
from backline.settings.revealing import RevealingContext, RevealingEnvironment, transformed

TEMPLATE = re.compile(r"\{\{|\{%|\{#")
ONE_EXPRESSION = re.compile(r"\{\{[-+]?(?P<inside>.*?)-?\}\}", re.DOTALL)
"""What is in it, without the marks that have spaces around it kept or taken."""
NOT_SET = re.compile(r"'(\w+)' is undefined")
LAZY = (Iterator, KeysView, ItemsView, ValuesView, range)
"""What filters and mappings answer with, and Ansible too makes lists of."""


class NotSet(ConfigurationError):
    """A template asks for a variable that nobody set."""

    def __init__(self, cause: str, *, variable: str) -> None:
        super().__init__(cause)
        self.variable = variable


class _OwnWords(ValueError):
    """What is wrong with a template, in words that quote nothing of its values."""


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
        except UndefinedError as error:
            raise self._undefined(f"{variable.origin_of(place)}: {subject}", error) from error
        except Exception as error:  # an expression may raise anything
            said = error.message if isinstance(error, TemplateError) else str(error)
            raise ConfigurationError(f"{variable.origin_of(place)}: {subject} cannot be rendered: {said}") from error

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
        environment = _environment_of_this_thread()
        with environment.asked_by(self):
            form = environment.form(text)
            try:
                result = _whole(form.render() if isinstance(form, Template) else form())
            except (ConfigurationError, _OwnWords):
                raise
            except Exception as error:
                if environment.revealed_any and not (isinstance(error, UndefinedError) and _name_not_set(error)):
                    raise _OwnWords("why is not shown, for a secret is in it") from None
                raise
            result = environment.revealed(result)
            return transformed(result, _hidden) if environment.revealed_any else result

    def _undefined(self, subject: str, error: UndefinedError) -> ConfigurationError:
        name = _name_not_set(error)
        if not name:
            return ConfigurationError(f"{subject} cannot be rendered: {error.message}")
        return NotSet(f"{subject} uses {name}, which is not set{suggestion(name, self.variables)}", variable=name)


class _ScopeContext(RevealingContext):
    """Asks the scope, so that what nobody uses is never rendered."""

    def resolve_or_missing(self, key: str) -> Any:
        environment = self.environment
        if isinstance(environment, _ScopeEnvironment) and key not in self.vars:
            scope = environment.scope
            if scope is not None and key in scope:
                return environment.revealed(scope.value(key))
        return super().resolve_or_missing(key)


class _ScopeEnvironment(RevealingEnvironment):
    """Compiles each text once, however many hosts have it."""

    context_class: type[Context] = _ScopeContext

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True)
        self.scope: Scope | None = None
        self._forms: dict[str, Template | Callable[[], object]] = {}

    @contextmanager
    def asked_by(self, scope: Scope) -> Iterator[None]:
        """What is rendered within is rendered for this scope, whichever it is within itself."""
        before = self.scope, self.revealed_any
        self.scope, self.revealed_any = scope, False
        try:
            yield
        finally:
            self.scope, self.revealed_any = before

    def form(self, text: str) -> Template | Callable[[], object]:
        """The text as what renders it: to a value where it is one expression, else to a text."""
        if text not in self._forms:
            expression = ONE_EXPRESSION.fullmatch(text)
            if expression and _is_one_expression(self.parse(text)):
                self._forms[text] = self.compile_expression(expression["inside"].strip(), undefined_to_none=False)
            else:
                self._forms[text] = self.from_string(text)
        return self._forms[text]


_of_threads = threading.local()


def _environment_of_this_thread() -> _ScopeEnvironment:
    if not hasattr(_of_threads, "environment"):
        _of_threads.environment = _ScopeEnvironment()
    environment = _of_threads.environment
    assert isinstance(environment, _ScopeEnvironment)
    return environment


def _is_one_expression(tree: nodes.Template) -> bool:
    """Whether what begins and ends as `{{ … }}` is that alone; it then keeps its own type, as in Ansible."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return False
    parts = tree.body[0].nodes
    return len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData)


def _name_not_set(error: UndefinedError) -> str:
    """The name that stands in a template and that nobody set; empty where something else is undefined."""
    found = NOT_SET.fullmatch(error.message or "")
    return found[1] if found else ""


def _whole(value: object) -> object:
    """An expression's value with nothing in it that is only a promise. Raises UndefinedError for what is not set."""
    if isinstance(value, Undefined):
        str(value)  # raises what is undefined about it
    if isinstance(value, str) and MASK in value:
        raise _OwnWords("a secret stays dots in it: name it by its own name or key, not in a loop")
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, (list, *LAZY)):
        return [_whole(item) for item in value]
    return tuple(_whole(item) for item in value) if isinstance(value, tuple) else value


def _hidden(value: object) -> object:
    """What was made with a secret is one; yes, no and nothing tell too little to hide."""
    if value is None or isinstance(value, (bool, Secret)):
        return value
    return Secret(str(value))
