"""Django's own verdict on a release: `manage.py check --deploy`, which also imports the whole project."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Refused
from backline.resources.foresight import Would
from backline.resources.python_errors import advice, python_error, without_libraries
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.foresight import Foresight

ISSUE = r"^\S.*: (?:\([\w.]+\) )?\S"
"""`?: (security.W004) You have not set …`; what follows of an issue is indented."""
SERIOUS = ("CRITICALS:", "ERRORS:")
LINES_SHOWN = 20


@dataclass(frozen=True)
class Checked:
    """What Django found to be not wrong, but not as it should be either; `issues` are the warnings' own words."""

    warnings: int
    issues: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckDeploy(Action):
    """Returns Checked. Raises Refused on errors, and where the project cannot be imported, with the file and line."""

    launcher: str
    interpreter: str
    directory: str
    timeout: float = 600.0
    user: str = ""

    def perform(self, host: Host) -> Checked:
        argv = (
            self.launcher,
            self.interpreter,
            "manage.py",
            "check",
            "--deploy",
            "--fail-level",
            "ERROR",
            "--no-color",
        )
        completed = host.run(argv, directory=self.directory, user=self.user, timeout=self.timeout)
        lines = completed.output.splitlines()
        if completed.code:
            raise self._refusal(completed.code, lines)
        warnings = tuple(_issues(lines, ("WARNINGS:",)))
        return Checked(len(warnings), warnings)

    def foresee(self, host: Foresight) -> Checked:
        host.foretell(Would.RUN, "manage.py check --deploy", "what it finds is not known before")
        return Checked(0)

    def _refusal(self, code: int, lines: Sequence[str]) -> Refused:
        errors = tuple(_issues(lines, SERIOUS))
        if errors:
            found = f"check --deploy finds {len(errors)} {'errors' if len(errors) > 1 else 'error'}"
            return Refused(f"{found}: {errors[0]}", lines=errors[1:], hint="mend the project's settings, and commit")
        error = python_error(lines, self.directory)
        return Refused(
            f"the project cannot be imported: {error}" if error else f"check --deploy ended with exit code {code}",
            lines=without_libraries(lines, self.directory)[-LINES_SHOWN:],
            hint=advice(error),
        )


def _issues(lines: Sequence[str], sections: tuple[str, ...]) -> list[str]:
    """The first lines of the issues that stand in these sections of the output."""
    import re

    found = []
    section = ""
    for line in lines:
        if line.isupper() and line.endswith("S:"):
            section = line
        elif line.startswith("System check identified"):
            section = ""
        elif section in sections and re.match(ISSUE, line):
            found.append(line)
    return found
