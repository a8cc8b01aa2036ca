"""What the runbook does from the start of the first new program to the end of the deploy, under the guard's eyes."""

from __future__ import annotations

from backline.agent.guard import Guard
from backline.agent.guard_orders import Committed, CrossOff, LastWords, NoteUndo, RevertNow, SwitchBack, SwitchOver
from backline.agent.journal import keep_unsettled
from backline.agent.keeper import Keeper, keeper_of
from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.foresight import Would
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight

JOURNAL_ROOM = 128 * 1024
"""Bytes, some times what a journal of many programs has."""


@dataclass(frozen=True)
class StartGuard(Action):
    """Fork the guard; it opens the journal and holds the lock that this agent holds. `last_words` are what it writes
    into the ledger where the run is cut off; without them, nothing."""

    state_directory: str
    last_words: LastWords | None = None

    def perform(self, host: Host) -> None:
        keeper = keeper_of(host)
        if keeper.lock is None:
            raise Failure("a guard without the lock would guard nothing")
        self._require_room(host)
        kept = keep_unsettled(self.state_directory)
        if kept:
            host.tell(f"warning: an earlier deploy was cut off and is not finished; what it owes stands in {kept}")
        keeper.guard = Guard.start(self.state_directory, keeper.lock.descriptor, keeper.shipped, self.last_words)

    def _require_room(self, host: Host) -> None:
        """Raises Failure where a journal would not fit: a guard that cannot write it dies, and could not say why."""
        probe = f"{self.state_directory}/journal.room"
        host.write(probe, bytes(JOURNAL_ROOM), mode=0o600)
        host.remove(probe)


@dataclass(frozen=True)
class Guarded(Action):
    """Do `act`; `undo` is in the journal before."""

    act: Action
    undo: Action

    def perform(self, host: Host) -> object:
        keeper = keeper_of(host)
        _guard_of(keeper).order(NoteUndo(self.undo))
        return self.act.perform(keeper)

    def foresee(self, host: Foresight) -> object:
        return self.act.foresee(host)


@dataclass(frozen=True)
class Switch(Action):
    """The switch, and its first phase: the guard moves `links` (path, target) and writes the live record, and can still
    take it back. `finish` is owed from the commit on; `hosts` are all that switch in this run."""

    links: tuple[tuple[str, str], ...]
    live_path: str
    live_text: str
    finish: tuple[tuple[str, Action], ...]
    hosts: tuple[str, ...] = ()

    def perform(self, host: Host) -> None:
        order = SwitchOver(self.links, self.live_path, self.live_text, self.finish, self.hosts)
        _guard_of(keeper_of(host)).order(order)

    def foresee(self, host: Foresight) -> None:
        for path, target in self.links:
            host.foretell(Would.MOVE, path, f"to {target}")
            host.make_link(path, target)
        host.write(self.live_path, self.live_text.encode(), mode=0o644)


@dataclass(frozen=True)
class Commit(Action):
    """The second phase: every host has switched over, and nothing is undone from now on."""

    def perform(self, host: Host) -> None:
        _guard_of(keeper_of(host)).order(Committed())

    def foresee(self, host: Foresight) -> None:
        """Nothing that one could see."""


@dataclass(frozen=True)
class TakeSwitchBack(Action):
    """The other second phase: a host has not switched over, and this one goes back. Returns notes of what could not be
    put back; nothing without a guard."""

    def perform(self, host: Host) -> tuple[str, ...]:
        guard = keeper_of(host).guard
        return guard.order(SwitchBack()) if guard else ()

    def foresee(self, host: Foresight) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class Finish(Action):
    """Do one step of what is owed after the switch, by its name, and cross it off."""

    name: str
    act: Action

    def perform(self, host: Host) -> object:
        keeper = keeper_of(host)
        value = self.act.perform(keeper)
        _guard_of(keeper).order(CrossOff(self.name))
        return value

    def foresee(self, host: Foresight) -> object:
        return self.act.foresee(host)


@dataclass(frozen=True)
class Revert(Action):
    """Undo now what was done under the guard. Returns notes of what could not be undone; nothing without a guard."""

    def perform(self, host: Host) -> tuple[str, ...]:
        guard = keeper_of(host).guard
        return guard.order(RevertNow()) if guard else ()

    def foresee(self, host: Foresight) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class EndGuard(Action):
    """The orderly end: nothing is owed, the guard settles the journal and leaves. Nothing without a guard."""

    def perform(self, host: Host) -> None:
        keeper = keeper_of(host)
        guard, keeper.guard = keeper.guard, None
        if guard:
            guard.end()


def _guard_of(keeper: Keeper) -> Guard:
    if keeper.guard is None:
        raise Failure("no guard was started")
    return keeper.guard
