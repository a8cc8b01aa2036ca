"""The requests of one session: which wait for an answer, and what becomes of new ones when it stops or ends."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from backline.resources.failure import Failure, Interrupted


class Pending:
    """A request whose answer may be waited for later."""

    def __init__(self, requests: Requests, number: int) -> None:
        self.number = number
        self.answer: Future[object] = Future()
        self._requests = requests

    def result(self) -> object:
        """Wait for the answer. Raises the Failure that the agent raised."""
        try:
            return self.answer.result()
        finally:
            self._requests.note_waited(self.number)

    def succeeded(self) -> bool:
        """Wait for the answer, and say whether it is one: not the Failure that the agent raised."""
        try:
            self.result()
        except Failure:
            return False
        return True


class Requests:
    """Numbered from 1. Safe for any thread; nothing here waits."""

    def __init__(self, why_ended: Failure) -> None:
        """`why_ended` is what requests are told that come after an orderly end."""
        self._pending: dict[int, Pending] = {}
        self._count = 0
        self._changing = threading.Lock()
        self._stopping = False
        self._ended = False
        self._why_ended = why_ended
        self.seen = 0
        """How many answers, the hello among them, were waited for: what is sent now could not have been sent before."""

    def register(self) -> Pending:
        """A new request; where the session has ended, its failure stands in it already. Raises Interrupted."""
        with self._changing:
            self.refuse_if_stopping()
            self._count += 1
            pending = Pending(self, self._count)
            if self._ended:
                pending.answer.set_exception(self._why_ended)
            else:
                self._pending[pending.number] = pending
            return pending

    def take(self, number: int) -> Pending | None:
        """The request that an answer is for; None where it was told already that the session has ended."""
        with self._changing:
            return self._pending.pop(number, None)

    def note_waited(self, number: int) -> None:
        """The answer to this request was waited for."""
        self.seen = max(self.seen, number + 1)

    def stop(self) -> int:
        """Take no new ones. Returns the number of the last."""
        with self._changing:
            self._stopping = True
            return self._count

    def go_on(self) -> None:
        """Take new ones again."""
        self._stopping = False

    def refuse_if_stopping(self) -> None:
        """Raises Interrupted where no new ones are taken."""
        if self._stopping:
            raise Interrupted("stopped before it was asked for")

    def end(self, failure: Failure | None) -> Failure:
        """Fail all that wait, and all to come. Returns why it ended: whoever comes first says."""
        with self._changing:
            if not self._ended:
                self._why_ended = failure or self._why_ended
                self._ended = True
            waiting = list(self._pending.values())
            self._pending.clear()
        for one in waiting:
            one.answer.set_exception(self._why_ended)
        return self._why_ended
