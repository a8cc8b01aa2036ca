"""Templates by name: the user's own `templates/` first, then ours. What is not set is an error, never a gap."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin
from backline.resources.secret import Secret

if TYPE_CHECKING:
    import jinja2

OURS = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True)
class TemplateFolders:
    """Where templates are looked for: the first folder that has the name wins."""

    folders: tuple[Path, ...]

    @classmethod
    def beside(cls, folder: Path) -> TemplateFolders:
        """The user's `templates/` in the folder of their tasks.py, then ours."""
        return cls((folder / "templates", OURS))

    def render(self, name: str, /, **values: object) -> str:
        """Render a template. A Secret among the values prints as dots."""
        from jinja2 import Environment

        return self._rendered(_prepared(Environment, self.folders), name, values)

    def render_secret(self, name: str, /, **values: object) -> Secret:
        """Render a template with its secrets' real values; what comes out is a secret as a whole, and what is wrong
        with it quotes none."""
        from backline.settings.revealing import RevealingEnvironment

        return Secret(self._rendered(_prepared(RevealingEnvironment, self.folders), name, values))

    def _rendered(self, environment: jinja2.Environment, name: str, values: dict[str, object]) -> str:
        import jinja2

        try:
            with _compiling:
                template = environment.get_template(name)
            return template.render(values)
        except jinja2.TemplateNotFound as error:
            looked = tuple(f"looked in {folder}" for folder in self.folders)
            raise ConfigurationError(f"there is no template {error.name}", lines=looked) from error
        except jinja2.TemplateSyntaxError as error:
            place = Origin(f"templates/{error.name or name}", error.lineno)
            raise ConfigurationError(f"{place}: {error.message}") from error
        except Exception as error:  # an expression of the template may raise anything
            place = _line_in_template(error, name)
            from backline.settings.revealing import UNTOLD, RevealingEnvironment

            if isinstance(environment, RevealingEnvironment) and environment.quotes_secrets(error):
                raise ConfigurationError(f"{place}: {UNTOLD}") from None
            raise ConfigurationError(f"{place}: {error}") from error


@lru_cache(maxsize=8)
def _prepared(kind: type[jinja2.Environment], folders: tuple[Path, ...]) -> jinja2.Environment:
    """For all hosts one, which compiles a template once, and anew only where its file has changed."""
    from jinja2 import FileSystemLoader, StrictUndefined

    from backline.settings.compiled_templates import kept_templates

    return kind(
        loader=FileSystemLoader(folders),
        bytecode_cache=kept_templates(kind),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


_compiling = threading.Lock()
"""Hosts render at once, and would all compile the same."""

_project = OURS.parent
"""Until one is named, ours alone. A process is about one project, so roles ask for templates by their names only."""


def use_templates_of(project: Path) -> None:
    """From now on `render_template` looks into this project's templates/ first."""
    global _project
    _project = project


def render_template(name: str, /, **values: object) -> str:
    """Render a template of the project, or of ours. A Secret prints as dots."""
    return TemplateFolders.beside(_project).render(name, **values)


def render_secret_template(name: str, /, **values: object) -> Secret:
    """The same with the secrets' real values, as one Secret."""
    return TemplateFolders.beside(_project).render_secret(name, **values)


def _line_in_template(error: Exception, name: str) -> Origin:
    """Jinja2 writes the template's own lines into the traceback; the innermost one is where it happened."""
    origin = Origin(f"templates/{name}")
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if "templates" in file.parts and file.suffix != ".py":
            origin = Origin(f"templates/{file.name}", trace.tb_lineno)
        trace = trace.tb_next
    return origin
