"""Take the lock of one app on this host, or say who holds it."""

from __future__ import annotations

import os

from backline.agent.files import attempting
from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight

STATE_MODE = 0o700
LOST = "lost+found"
"""What is in the folder where a disk of its own is mounted."""
SHOWN = 5


@dataclass(frozen=True)
class TakeLock(Action):
    """`who` is a person at a machine, `what` the command, `since` ISO 8601 in UTC; `adopts` says that what lies in the
    app's folder may become the app's, whoever put it there. Raises LockHeld, and Conflict where it may not."""

    state_directory: str
    who: str
    what: str
    since: str
    adopts: bool = False

    def perform(self, host: Host) -> None:
        from backline.agent.keeper import keeper_of  # a controller, which only asks for it, needs none of this
        from backline.agent.lock import Lock

        keeper = keeper_of(host)
        self._refuse_what_is_not_ours(host)
        self._make_room(host)
        with attempting(f"take the lock {self._path}"):
            keeper.lock = Lock(self._path, self.who, self.what, self.since)

    def foresee(self, host: Foresight) -> None:
        """Nothing is taken; who holds it is named, and what a run that was cut off has left to do."""
        from backline.agent.journal import owed_by
        from backline.agent.lock import held
        from backline.agent.lock_holder import lock_holder

        self._refuse_what_is_not_ours(host)
        self._make_room(host)
        holder = lock_holder(self._path)
        journal = f"{self.state_directory}/journal"
        if holder:
            host.warn(f"{held(vars(holder)).cause}; a run now would be refused")
        elif host.status(journal):
            owed = owed_by(host.read(journal).decode("utf-8", "replace"))
            host.warn(f"an earlier run was cut off, and this is still to be done: {', '.join(owed) or 'nothing'}")

    @property
    def _path(self) -> str:
        return f"{self.state_directory}/lock"

    def _refuse_what_is_not_ours(self, host: Host) -> None:
        """Where a run has been there is its lock. What else is there would go with the app, when that is removed."""
        root = os.path.dirname(self.state_directory)
        if self.adopts or host.status(self._path) is not None:
            return
        theirs = [name for name in host.names(root) if f"{root}/{name}" != self.state_directory and name != LOST]
        if theirs:
            from backline.resources.failure import Conflict

            more = f" and {len(theirs) - SHOWN} more" if len(theirs) > SHOWN else ""
            raise Conflict(
                f"{root} is there already and is not Backline's: it holds {', '.join(theirs[:SHOWN])}{more}",
                hint="move it away, or set another app_root;\nto take it over with all that it holds:  app_adopt: true",
            )

    def _make_room(self, host: Host) -> None:
        if host.status(self.state_directory) is None:
            host.make_directory(self.state_directory, mode=STATE_MODE)


@dataclass(frozen=True)
class ReleaseLock(Action):
    """Let the lock go; it would go with the agent anyway, but the next run need not wait for that."""

    def perform(self, host: Host) -> None:
        from backline.agent.keeper import keeper_of

        keeper = keeper_of(host)
        if keeper.lock:
            keeper.lock.release()
            keeper.lock = None
