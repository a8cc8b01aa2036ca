"""What a journal owed has been done by somebody else than its guard, which is gone."""

from __future__ import annotations

from backline.agent.journal import settle
from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host


@dataclass(frozen=True)
class SettleJournal(Action):
    """Under the lock, so no guard writes it any more."""

    state_directory: str

    def perform(self, host: Host) -> None:
        settle(self.state_directory)
