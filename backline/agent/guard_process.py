"""The guard: outlives the agent around the switch, holds lock and journal, and reverts or finishes by itself.

Until it is told that every host has switched over, the end of its line means revert: the switch, if it was made here,
then the undo actions of the journal, the last first. After it, finish: the steps that are still owed, in their order.
It is a session of its own, keeps no descriptor but its line, the lock and its log, and takes orders one at a time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from backline.agent.faults import as_failure
from backline.agent.guard_orders import (
    Committed,
    CrossOff,
    Farewell,
    LastWords,
    NoteUndo,
    Order,
    RevertNow,
    SwitchBack,
    SwitchOver,
)
from backline.agent.journal import EntryKind, Journal
from backline.agent.machine import Machine
from backline.agent.steps.append_ledger import AppendLedger
from backline.agent.steps.undo_switch import RECORD_MODE, UndoSwitch, switch_undone_by
from backline.resources.codec import decoded, encoded
from backline.resources.dataclass import replace
from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import NoReturn

    from backline.agent.events import Event
    from backline.agent.loader import ShippedModules
    from backline.resources.resource import Action

SETTLE = 0.5
"""Seconds between the links' way back and the end of the new web: connections that nginx had begun to make to it get
there first."""
NOT_TAKEN_BACK = "the run was cut off, and the switch could not be taken back: both generations go on running"
MOST_DESCRIPTORS = 4096
"""Descriptors that are looked at where there is no /proc."""


class NobodyListens:
    """The guard's own line: nobody is there, so nobody can leave; events go to its log."""

    def __init__(self) -> None:
        self._wake, self._writer = os.pipe()

    @property
    def gone(self) -> bool:
        return False

    @property
    def wake(self) -> int:
        return self._wake

    def send_event(self, event: Event) -> None:
        print(event.kind, event.subject, event.text, event.status, flush=True)


def run_guard(
    line: socket.socket,
    state_directory: str,
    lock_descriptor: int,
    shipped: ShippedModules,
    last_words: LastWords | None,
) -> NoReturn:
    """Be the guard in this (forked) process, until nothing is owed."""
    try:
        _stand_alone(line.fileno(), lock_descriptor, os.path.join(state_directory, "guard.log"))
        GuardProcess(Journal(state_directory), shipped, last_words).serve(line)
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(0)


def _stand_alone(line: int, lock: int, log: str) -> None:
    """A session of our own, no descriptor of the agent's, and no signal that ends with its terminal."""
    os.setsid()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(target, 1)
    os.dup2(target, 2)
    for descriptor in _open_descriptors():
        if descriptor > 2 and descriptor not in (line, lock):
            os.closerange(descriptor, descriptor + 1)
    sys.stdout = sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _open_descriptors() -> list[int]:
    """Ours; asked of /proc, since where a thousand million are allowed, closing every number takes minutes."""
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return list(range(min(os.sysconf("SC_OPEN_MAX"), MOST_DESCRIPTORS)))


class GuardProcess:
    """What is owed, and the orders that change it."""

    def __init__(self, journal: Journal, shipped: ShippedModules, last_words: LastWords | None) -> None:
        self._journal = journal
        self._shipped = shipped
        self._last_words = last_words
        self._began = time.monotonic()
        self._committed = False
        self._machine = Machine(NobodyListens())
        self._undo: list[Action] = []
        self._back: UndoSwitch | None = None
        """What takes the switch back, from its beginning until it is committed, or taken back."""
        self._finish: list[tuple[str, Action]] = []
        self._not_back = ""
        """Why the switch could not be taken back, at the last attempt; it can be tried again."""
        self._failed: list[str] = []
        """What else could not be undone or finished: as long as there is any, the journal stays."""

    def serve(self, line: socket.socket) -> None:
        """Take orders until the line ends, then do what is owed."""
        self._answer(line, ())
        with line.makefile("r", encoding="utf-8") as orders:
            for text in orders:
                if text.endswith("\n"):  # else the agent was killed while it wrote: it has not begun what it tells of
                    self._obey(line, text)
        self._revert()
        self._finish_rest()
        self._write_down()
        print("left:", *self._left, sep="\n  ", flush=True)
        if not self._left:
            self._journal.settle()

    def _obey(self, line: socket.socket, text: str) -> None:
        try:
            message = json.loads(text)
            self._shipped.sources.update(message["modules"])
            order = decoded(message["order"])
            assert isinstance(order, Order)
            notes = self._done(order)
        except Exception as error:
            self._answer(line, (), as_failure(error))
        else:
            self._answer(line, notes)

    def _answer(self, line: socket.socket, notes: tuple[str, ...], failure: Failure | None = None) -> None:
        try:
            line.sendall(json.dumps({"notes": notes, "failure": encoded(failure)}).encode() + b"\n")
        except OSError:
            print("the agent left before it was answered", flush=True)

    def _done(self, order: Order) -> tuple[str, ...]:
        if isinstance(order, NoteUndo):
            self._journal.write(EntryKind.UNDO, action=encoded(order.action))
            self._undo.append(order.action)
        elif isinstance(order, SwitchOver):
            self._switch(order)
        elif isinstance(order, Committed):
            self._commit()
        elif isinstance(order, SwitchBack):
            return self._switch_back()
        elif isinstance(order, CrossOff):
            self._journal.write(EntryKind.FINISHED, name=order.name)
            self._finish = [(name, action) for name, action in self._finish if name != order.name]
        elif isinstance(order, RevertNow):
            return self._revert()
        elif isinstance(order, Farewell):
            self._last_words = None
        return ()

    def _switch(self, order: SwitchOver) -> None:
        """All links or none; what is owed is turned round when every host has got so far."""
        finish = [[name, encoded(action)] for name, action in order.finish]
        back = switch_undone_by(self._machine, order.links, order.live_path)
        back.prepare(self._machine)
        content = {"back": encoded(back), "live": order.live_text, "finish": finish, "hosts": order.hosts}
        self._journal.write(EntryKind.SWITCHING, **content)
        self._back, self._finish = back, list(order.finish)
        try:
            for path, target in order.links:
                self._machine.make_link(path, target)
            self._machine.write(order.live_path, order.live_text.encode(), mode=RECORD_MODE)
            self._journal.write(EntryKind.SWITCHED)
        except Exception:
            self._switch_back()
            raise

    def _commit(self) -> None:
        """The commit point: from here on nothing is undone."""
        if self._back is None:
            raise Failure("nothing was switched over that could be committed")
        self._journal.write(EntryKind.COMMITTED)
        back, self._back = self._back, None
        self._undo.clear()
        self._committed = True
        self._tried("discard the way back", lambda: back.discard(self._machine))

    def _switch_back(self) -> tuple[str, ...]:
        """As it was before the switch; nothing where there was none. Returns a note of what could not be put back: then
        nobody knows which generation is asked, and it can be tried once more."""
        back = self._back
        if back is None:
            return ()
        self._finish = []
        self._not_back = self._tried("switch back UndoSwitch", lambda: back.perform(self._machine))
        if self._not_back:
            return (f"{self._not_back}; both generations go on running",)
        self._back = None
        self._try("write the journal", lambda: self._journal.write(EntryKind.SWITCHED_BACK))
        self._machine.pause(SETTLE)
        return ()

    def _revert(self) -> tuple[str, ...]:
        """Perform every undo, the last first; what fails is told and does not keep the rest from being undone. Where
        the switch cannot be taken back nothing is undone: it would end what serves."""
        notes = [*self._switch_back()]
        if self._back is None:
            notes += [self._attempt("undo", action) for action in reversed(self._undo)]
            self._undo.clear()
        return tuple(note for note in notes if note)

    def _finish_rest(self) -> None:
        for name, action in self._finish:
            self._attempt(name, action)

    def _write_down(self) -> None:
        """What became of a run that was cut off: nobody else can say it any more."""
        words = self._last_words
        if words is None:
            return
        entry = words.finished if self._committed else words.undone
        told = NOT_TAKEN_BACK if self._back else entry.error
        error = "; ".join(filter(None, (told, *self._left)))
        seconds = round(entry.seconds + time.monotonic() - self._began, 1)
        line = replace(entry, error=error, seconds=seconds).to_line()
        self._try("write the ledger", lambda: AppendLedger(words.path, line).perform(self._machine))

    def _attempt(self, name: str, action: Action) -> str:
        """Perform it. Returns why it could not be done, empty where it could."""
        return self._try(f"{name} {type(action).__name__}", lambda: action.perform(self._machine))

    def _try(self, what: str, act: Callable[[], object]) -> str:
        reason = self._tried(what, act)
        self._failed += filter(None, [reason])
        return reason

    def _tried(self, what: str, act: Callable[[], object]) -> str:
        print(what, flush=True)
        try:
            act()
        except Exception as error:
            failure = as_failure(error)
            print(failure.cause, *failure.lines, sep="\n", flush=True)
            return f"{what}: {failure.cause}"
        return ""

    @property
    def _left(self) -> tuple[str, ...]:
        return tuple(filter(None, (self._not_back, *self._failed)))
