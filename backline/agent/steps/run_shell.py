"""Runs a line of shell that a person typed, while they watch."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host

LONGEST = 24 * 3600.0
SIGNALLED = 128
"""What a shell adds to the number of the signal that ended a command."""


@dataclass(frozen=True)
class RunShell(Action):
    """Returns the exit code as a shell tells it; the lines that it writes go out as events."""

    line: str
    directory: str
    user: str = ""

    def perform(self, host: Host) -> int:
        argv = ("/bin/sh", "-c", self.line)
        code = host.run(argv, directory=self.directory, user=self.user, live=True, timeout=LONGEST).code
        return code if code >= 0 else SIGNALLED - code
