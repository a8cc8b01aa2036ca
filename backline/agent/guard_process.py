"""The guard: outlives the agent around the switch, holds lock and journal, and reverts or finishes by itself.

Before `commit` the end of its line means revert: the undo actions of the journal, the last first. After it, finish: the
steps that are still owed, in their order. It is a session of its own, keeps no descriptor but its line, the lock and
its log, and takes orders one at a time.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from backline.agent.faults import as_failure
from backline.agent.guard import COMMIT, FINISHED, REVERT, UNDO, Order
from backline.agent.journal import EntryKind, Journal
from backline.agent.machine import Machine
from backline.resources.codec import decoded, encoded
from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import NoReturn

    from backline.agent.events import Event
    from backline.agent.loader import ShippedModules
    from backline.resources.resource import Action

LINK_MODE = 0o644


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


def run_guard(line: socket.socket, state_directory: str, lock_descriptor: int, shipped: ShippedModules) -> NoReturn:
    """Be the guard in this (forked) process, until nothing is owed."""
    try:
        _stand_alone(line.fileno(), lock_descriptor, os.path.join(state_directory, "guard.log"))
        GuardProcess(Journal(state_directory), shipped).serve(line)
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
    kept = sorted({line, lock})
    lowest = 3
    for descriptor in [*kept, os.sysconf("SC_OPEN_MAX")]:
        os.closerange(lowest, descriptor)
        lowest = descriptor + 1
    sys.stdout = sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


class GuardProcess:
    """What is owed, and the orders that change it."""

    def __init__(self, journal: Journal, shipped: ShippedModules) -> None:
        self._journal = journal
        self._shipped = shipped
        self._machine = Machine(NobodyListens())
        self._undo: list[Action] = []
        self._finish: list[tuple[str, Action]] = []

    def serve(self, line: socket.socket) -> None:
        """Take orders until the line ends, then do what is owed."""
        self._answer(line, ())
        with line.makefile("r", encoding="utf-8") as orders:
            for text in orders:
                self._obey(line, text)
        notes = self._revert() + self._finish_rest()
        print("left:", *notes, sep="\n  ", flush=True)
        if not notes:
            self._journal.settle()

    def _obey(self, line: socket.socket, text: str) -> None:
        message = json.loads(text)
        self._shipped.sources.update(message["modules"])
        order = decoded(message["order"])
        assert isinstance(order, Order)
        try:
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
        if order.word == UNDO and order.action:
            self._journal.write(EntryKind.UNDO, action=encoded(order.action))
            self._undo.append(order.action)
        elif order.word == COMMIT:
            self._switch(order)
        elif order.word == FINISHED:
            self._journal.write(EntryKind.FINISHED, name=order.name)
            self._finish = [(name, action) for name, action in self._finish if name != order.name]
        elif order.word == REVERT:
            return self._revert()
        return ()

    def _switch(self, order: Order) -> None:
        """The commit point of this host: all links or none, and what is owed turned round."""
        finish = [[name, encoded(action)] for name, action in order.finish]
        before = [(path, self._target(path)) for path, _ in order.links]
        self._journal.write(EntryKind.SWITCHING, before=before, after=order.links, finish=finish)
        moved = 0
        try:
            for path, target in order.links:
                self._machine.make_link(path, target)
                moved += 1
            self._machine.write(order.live_path, order.live_text.encode(), mode=LINK_MODE)
        except Exception:
            for path, target in reversed(before[:moved]):
                self._put_back(path, target)
            raise
        self._journal.write(EntryKind.COMMITTED)
        self._undo.clear()
        self._finish = list(order.finish)

    def _target(self, path: str) -> str:
        found = self._machine.status(path)
        return found.target if found else ""

    def _put_back(self, path: str, target: str) -> None:
        if target:
            self._machine.make_link(path, target)
        else:
            self._machine.remove(path)

    def _revert(self) -> tuple[str, ...]:
        """Perform every undo, the last first; what fails is told and does not keep the rest from being undone."""
        notes = [self._attempt("undo", action) for action in reversed(self._undo)]
        self._undo.clear()
        return tuple(note for note in notes if note)

    def _finish_rest(self) -> tuple[str, ...]:
        notes = [self._attempt(name, action) for name, action in self._finish]
        return tuple(note for note in notes if note)

    def _attempt(self, name: str, action: Action) -> str:
        print(name, type(action).__name__, flush=True)
        try:
            action.perform(self._machine)
        except Exception as error:
            failure = as_failure(error)
            print(*failure.lines, sep="\n", flush=True)
            return f"{name} {type(action).__name__}: {failure.cause}"
        return ""
