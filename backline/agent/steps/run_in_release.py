"""Run a command of a release in the release's own environment, while a person watches."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.foresight import Would
from backline.resources.python_errors import advice, python_error, without_libraries
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight

LINES_SHOWN = 20


@dataclass(frozen=True)
class RunInRelease(Action):
    """Raises Failure where it exits with other than 0: the exception and its place first, then the end of its output.

    Returns what it wrote, at most the last 256 KiB."""

    launcher: str
    argv: tuple[str, ...]
    directory: str
    what: str
    """What a person calls it: `manage.py migrate`."""
    timeout: float = 3600.0
    user: str = ""

    def perform(self, host: Host) -> str:
        completed = host.run(
            (self.launcher, *self.argv), directory=self.directory, user=self.user, live=True, timeout=self.timeout
        )
        if completed.code:
            lines = tuple(completed.output.splitlines())
            error = python_error(lines, self.directory)
            told = without_libraries(lines, self.directory)
            ended = f"{self.what} ended with exit code {completed.code}"
            raise Failure(
                f"{self.what} failed: {error}" if error else ended,
                lines=told[-LINES_SHOWN:],
                hint=advice(error),
            )
        return completed.output

    def foresee(self, host: Foresight) -> str:
        host.foretell(Would.RUN, self.what, "what comes of it is not known before")
        return ""
