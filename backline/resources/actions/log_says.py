"""The gate of a program that answers nobody: the line that it writes into its log when it has begun to work."""

from __future__ import annotations

import time

from backline.resources.dataclass import dataclass
from backline.resources.failure import Refused
from backline.resources.log_tail import last_lines
from backline.resources.program_health import LINES_SHOWN, require_health
from backline.resources.python_errors import without_libraries
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host
    from backline.resources.supervisor_rpc import ProcessInfo

PROCESS_ID = "{pid}"
LINES_READ = 1000
PAUSE = 0.2
"""Seconds between two looks."""


@dataclass(frozen=True)
class LogSays(Action):
    """Returns the line in which `text` stands. Raises Refused when there is none within `patience` (seconds), and at
    once when the program dies. `{pid}` in the text is the program's process id: where the log is not this generation's
    own, that keeps what an earlier process said from proving anything."""

    program: str
    supervisor_socket: str
    log_file: str
    directory: str
    """The project's, whose own lines of a traceback are shown."""
    text: str
    patience: float

    def perform(self, host: Host) -> str:
        deadline = time.monotonic() + self.patience
        found: ProcessInfo | None = None
        while True:
            found = require_health(self.supervisor_socket, self.program, self.directory, found)
            wanted = self.text.replace(PROCESS_ID, str(found.pid))
            log = last_lines(self.log_file, LINES_READ)
            for line in log:
                if wanted in line:
                    return line
            if time.monotonic() > deadline:
                raise Refused(
                    f'{self.program} does not say "{wanted}" within {self.patience:g} s',
                    lines=without_libraries(log, self.directory)[-LINES_SHOWN:],
                    hint=f"its log says more:\n{self.log_file}",
                )
            host.pause(PAUSE)
