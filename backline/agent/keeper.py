"""The host as the runbook's steps see it: the machine, and what the agent keeps between requests: lock and guard."""

from __future__ import annotations

from backline.agent.machine import Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.agent.guard import Guard
    from backline.agent.line import Line
    from backline.agent.loader import ShippedModules
    from backline.agent.lock import Lock
    from backline.agent.overlay import Overlay
    from backline.resources.resource import Host


class Keeper(Machine):
    """A Machine that also holds the app's lock and the guard, for as long as the agent lives."""

    def __init__(self, line: Line, shipped: ShippedModules) -> None:
        super().__init__(line)
        self.shipped = shipped
        self.lock: Lock | None = None
        self.guard: Guard | None = None
        self.overlay: Overlay | None = None
        """What was foreseen so far, in check mode; one for all that is asked."""

    def note_step(self, step: str) -> None:
        """Tell whoever finds the lock taken at which step we are."""
        if self.lock and step:
            self.lock.note(step)

    def close(self) -> None:
        """The orderly end: the guard, if there is one, now does what its journal says."""
        if self.guard:
            self.guard.leave()
        if self.lock:
            self.lock.release()


def keeper_of(host: Host) -> Keeper:
    """The keeper behind a host; only the agent's own loop performs the steps that need one."""
    if not isinstance(host, Keeper):
        raise TypeError("this step is the agent's own, and cannot be a handler or a check")
    return host
