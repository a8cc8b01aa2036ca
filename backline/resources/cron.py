"""A job of cron: when, as whom, what; a file of its own in /etc/cron.d."""

from __future__ import annotations

from backline.resources.account import user_name
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.path_resource import PathResource
from backline.resources.paths import path_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Difference, Host

DIRECTORY = "/etc/cron.d"
FIELDS = 5
ALLOWED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
"""cron passes over files in /etc/cron.d whose names hold anything else, without a word."""


@dataclass(frozen=True)
class Cron(PathResource):
    """`schedule` is cron's five fields, or a word such as @daily; `command` is a line for sh, in which `%` is itself:
    it is quoted here from cron, which would take it for a newline. Needs root."""

    name: str
    schedule: str
    user: str
    command: str

    @property
    def path(self) -> str:  # type: ignore[override]
        return f"{DIRECTORY}/{self.name}"

    def needs(self) -> tuple[str, ...]:
        return (path_name(DIRECTORY), user_name(self.user))

    def written_files(self) -> tuple[File, ...]:
        return (self._file(),)

    def differences(self, host: Host) -> Iterator[Difference]:
        return self._file().differences(host)

    def converge(self, host: Host) -> None:
        self._file().converge(host)

    def _file(self) -> File:
        """Raises ConfigurationError for what cron would pass over or read otherwise."""
        if not self.name or set(self.name) - set(ALLOWED):
            raise ConfigurationError(f"cron passes over a file called {self.name!r}: use letters, digits, _ and -")
        if not self.schedule.startswith("@") and len(self.schedule.split()) != FIELDS:
            raise ConfigurationError(
                f"cron job {self.name}: {self.schedule!r} is not five fields, nor a word like @daily"
            )
        if "\n" in self.command + self.schedule + self.user or "\0" in self.command:
            raise ConfigurationError(f"cron job {self.name}: cron takes one line, and the command has several")
        quoted = self.command.replace("%", "\\%")
        return File(self.path, f"{self.schedule} {self.user} {quoted}\n", owner="root", group="root")
