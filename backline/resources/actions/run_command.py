"""Runs one command, and fails where it does."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host

LINES_SHOWN = 20


@dataclass(frozen=True)
class RunCommand(Action):
    """`environment` is pairs of name and value; `user` is empty for whoever runs the agent; `timeout` is in seconds."""

    argv: tuple[str, ...]
    directory: str = "/"
    environment: tuple[tuple[str, str], ...] = ()
    user: str = ""
    timeout: float = 3600.0

    def perform(self, host: Host) -> None:
        completed = host.run(
            self.argv,
            directory=self.directory,
            environment=dict(self.environment),
            user=self.user,
            timeout=self.timeout,
        )
        if completed.code:
            raise Failure(
                f"{' '.join(self.argv)} failed with exit code {completed.code}",
                lines=tuple(completed.output.splitlines()[-LINES_SHOWN:]),
                hint=f"run it by hand in {self.directory}",
            )
