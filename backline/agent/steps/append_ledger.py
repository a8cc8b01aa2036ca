"""The ledger of an app on its host: who did what, when, and how it ended; only ever added to."""

from __future__ import annotations

import os

from backline.agent.append_line import append_line
from backline.agent.files import attempting
from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.resource import Action, Host, Question

FOLDER_MODE = 0o700
"""Of the folder where no run has been yet: what people typed is not everybody's."""


@dataclass(frozen=True)
class AppendLedger(Action):
    """`entry` is one JSON object on one line. It is on disk when this returns."""

    path: str
    entry: str

    def perform(self, host: Host) -> None:
        if "\n" in self.entry:
            raise Failure("an entry of the ledger is one line")
        host.call(self._append)

    def _append(self) -> None:
        with attempting(f"write the ledger {self.path}"):
            os.makedirs(os.path.dirname(self.path), mode=FOLDER_MODE, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                append_line(descriptor, self.entry)
            finally:
                os.close(descriptor)


@dataclass(frozen=True)
class ReadLedger(Question):
    """Returns the last `count` entries as they stand there, the latest last; all for 0."""

    path: str
    count: int = 0

    def perform(self, host: Host) -> tuple[str, ...]:
        if host.status(self.path) is None:
            return ()
        lines = host.read(self.path).decode("utf-8", "replace").split("\n")  # an error may hold what else ends a line
        entries = [line for line in lines if line.strip()]
        return tuple(entries[-self.count :])
