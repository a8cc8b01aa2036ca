"""Ctrl-C during a run: the first stops it in order, a second ends it at once, after the switch it changes nothing."""

from __future__ import annotations

import signal
import time
from types import FrameType, TracebackType

from backline.agent.events import Event, Kind
from backline.fleet.fleet import Fleet


class Stopping:
    """Who hears Ctrl-C as long as the block lasts. It raises nothing where that would tear a step of ours in two."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._asked = False
        self._finishing = False

    def __enter__(self) -> Stopping:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before != signal.SIG_IGN:  # a shell's `inv deploy &`: Ctrl-C there is for others
            signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def finish(self) -> None:
        """From now on nothing is stopped any more; who asked for it a moment ago was too late."""
        self._finishing = True
        self._fleet.go_on()

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._finishing:
            self._say("the switch is done: this is being finished, not stopped")
        elif self._asked:
            raise KeyboardInterrupt
        else:
            self._asked = True
            self._fleet.stop()  # before it is said: the second may come with the last of these words
            self._say("stopping; a second Ctrl-C ends this at once")

    def _say(self, text: str) -> None:
        """Only where we do nothing but wait: whoever was interrupted while telling cannot be told through."""
        if self._fleet.waiting:
            self._fleet.tell(Event(Kind.WARNING, time.time(), text=text))
