"""The agent's end of the guard: starts it, and tells it what would undo or finish what the agent is about to do.

The guard itself is guard_process.py. The two speak JSON lines over a socket pair; a line is answered before the agent
acts, so nothing is done that the journal does not know. When the agent dies, the socket closes, and that is all the
guard needs to know.
"""

from __future__ import annotations

import json
import os
import socket

from backline.agent.guard_orders import Farewell
from backline.resources.codec import decoded, encoded
from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.agent.guard_orders import LastWords, Order
    from backline.agent.loader import ShippedModules


class Guard:
    """A child of the agent that outlives it."""

    def __init__(self, line: socket.socket, pid: int, shipped: ShippedModules) -> None:
        self._line = line
        self._pid = pid
        self._answers = line.makefile("r", encoding="utf-8")
        self._shipped = shipped
        self._known = set(shipped.sources)

    @classmethod
    def start(
        cls, state_directory: str, lock_descriptor: int, shipped: ShippedModules, last_words: LastWords | None = None
    ) -> Guard:
        """Fork it. It holds the lock by inheriting `lock_descriptor`, and opens the journal; `last_words` are what it
        writes of a run that is cut off."""
        from backline.agent.guard_process import run_guard

        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            run_guard(theirs, state_directory, lock_descriptor, shipped, last_words)
        theirs.close()
        guard = cls(ours, pid, shipped)
        guard._await_answer()
        return guard

    def order(self, order: Order) -> tuple[str, ...]:
        """Give an order and wait until it is done; returns the guard's notes. Raises Failure when it could not."""
        news = {name: text for name, text in self._shipped.sources.items() if name not in self._known}
        self._known.update(news)
        try:
            self._line.sendall(json.dumps({"modules": news, "order": encoded(order)}).encode() + b"\n")
        except OSError:
            raise _died() from None
        return self._await_answer()

    def leave(self) -> None:
        """Close the line: the guard reverts, or finishes, what is still owed, and ends by itself."""
        self._answers.close()
        self._line.close()

    def end(self) -> None:
        """Leave where nothing is owed, and wait until the guard, and its hold on the lock, are gone."""
        try:
            self.order(Farewell())
        except Failure:  # it has died; what it left stands in the journal
            pass
        self.leave()
        os.waitpid(self._pid, 0)

    def _await_answer(self) -> tuple[str, ...]:
        text = self._answers.readline()
        if not text:
            raise _died()
        answer = json.loads(text)
        if answer["failure"]:
            failure = decoded(answer["failure"])
            raise failure if isinstance(failure, Failure) else Failure(str(failure))
        return tuple(answer["notes"])


def _died() -> Failure:
    return Failure("the guard on the host has died", hint="guard.log beside the journal says why; deploy again")
