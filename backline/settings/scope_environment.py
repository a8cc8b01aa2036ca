"""What renders the variables of a scope: Jinja2, apart from the scope, which needs it only where one has a `{{`."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, Template, Undefined, nodes
from jinja2.runtime import Context

from backline.resources.failure import ConfigurationError
from backline.resources.secret import MASK
from backline.settings.revealing import UNTOLD, RevealingContext, RevealingEnvironment

if TYPE_CHECKING:
    from backline.settings.expressions import Scope

ONE_EXPRESSION = re.compile(r"\{\{[-+]?(?P<inside>.*?)-?\}\}", re.DOTALL)
"""What is in it, without the marks that have spaces around it kept or taken."""
LAZY = (Iterator, KeysView, ItemsView, ValuesView, range)
"""What filters and mappings answer with, and Ansible too makes lists of."""


class _OwnWords(ValueError):
    """What is wrong with a template, in words that quote nothing of its values."""


class ScopeContext(RevealingContext):
    """Asks the scope, so that what nobody uses is never rendered."""

    def resolve_or_missing(self, key: str) -> Any:
        environment = self.environment
        if isinstance(environment, ScopeEnvironment) and key not in self.vars:
            scope = environment.scope
            if scope is not None and key in scope:
                return environment.revealed(scope.value(key))
        return super().resolve_or_missing(key)


class ScopeEnvironment(RevealingEnvironment):
    """Compiles each text once, however many hosts have it."""

    context_class: type[Context] = ScopeContext

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

    def result_of(self, text: str) -> object:
        """What the text is for that scope. Raises what an expression may raise, which is anything."""
        form = self._form(text)
        try:
            return self.revealed(_whole(form.render() if isinstance(form, Template) else form()))
        except (ConfigurationError, _OwnWords):
            raise
        except Exception as error:
            if self.quotes_secrets(error):
                raise _OwnWords(UNTOLD) from None
            raise

    def _form(self, text: str) -> Template | Callable[[], object]:
        """The text as what renders it: to a value where it is one expression, else to a text."""
        if text not in self._forms:
            expression = ONE_EXPRESSION.fullmatch(text)
            if expression and _is_one_expression(self.parse(text)):
                self._forms[text] = self.compile_expression(expression["inside"].strip(), undefined_to_none=False)
            else:
                self._forms[text] = self.from_string(text)
        return self._forms[text]


_of_threads = threading.local()


def environment_of_this_thread() -> ScopeEnvironment:
    """One for all scopes: it remembers for which of them it renders."""
    if not hasattr(_of_threads, "environment"):
        _of_threads.environment = ScopeEnvironment()
    environment = _of_threads.environment
    assert isinstance(environment, ScopeEnvironment)
    return environment


def _is_one_expression(tree: nodes.Template) -> bool:
    """Whether what begins and ends as `{{ … }}` is that alone; it then keeps its own type, as in Ansible."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return False
    parts = tree.body[0].nodes
    return len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData)


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
