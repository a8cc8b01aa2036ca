"""Wait a little, where an order of events needs it."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host


@dataclass(frozen=True)
class Pause(Action):
    """`seconds` to wait; ended early when the controller goes."""

    seconds: float

    def perform(self, host: Host) -> None:
        host.pause(self.seconds)
