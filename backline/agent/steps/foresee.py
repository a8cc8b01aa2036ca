"""Check mode's one step: what an action would do, told over the overlay and not done."""

from __future__ import annotations

from backline.agent.keeper import keeper_of
from backline.agent.overlay import Overlay
from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host


@dataclass(frozen=True)
class Foresee(Action):
    """Answers what the action would answer. What an earlier one would have done is seen by this one."""

    action: Action

    def perform(self, host: Host) -> object:
        keeper = keeper_of(host)
        if keeper.overlay is None:
            keeper.overlay = Overlay(keeper)
        return self.action.foresee(keeper.overlay)
