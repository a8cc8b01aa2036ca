"""Take the lock of one app on this host, or say who holds it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from backline.agent.keeper import keeper_of
from backline.agent.lock import Lock
from backline.resources.resource import Action, Host


@dataclass(frozen=True)
class TakeLock(Action):
    """`who` is a person at a machine, `what` the command, `since` ISO 8601 in UTC. Raises LockHeld."""

    state_directory: str
    who: str
    what: str
    since: str

    def perform(self, host: Host) -> None:
        keeper = keeper_of(host)
        os.makedirs(self.state_directory, mode=0o755, exist_ok=True)
        keeper.lock = Lock(os.path.join(self.state_directory, "lock"), self.who, self.what, self.since)


@dataclass(frozen=True)
class ReleaseLock(Action):
    """Let the lock go; it would go with the agent anyway, but the next run need not wait for that."""

    def perform(self, host: Host) -> None:
        keeper = keeper_of(host)
        if keeper.lock:
            keeper.lock.release()
            keeper.lock = None
