"""How many logins may be under way at once to one address, so that a default sshd (MaxStartups 10:30:100) takes all."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from backline.transport.refusals import TurnedAway

Result = TypeVar("Result")

AT_ONCE = 6
"""sshd begins to turn connections away at random when ten have not logged in yet. It counts one for a moment
longer than we do, and somebody else may be among them; with six, a fleet is in as soon as with eight (measured)."""
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds until a host that had too many logins under way is asked again; each is stretched or shrunk by chance, so
that those who were turned away together do not come back together."""


class Pace:
    """Lets a few in and has the others wait. A run has one."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._places: dict[tuple[str, int], threading.Semaphore] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, host: str, port: int) -> Iterator[None]:
        """One of those who log in there now."""
        with self._lock:
            places = self._places.setdefault((host, port), threading.Semaphore(self._at_once))
        with places:
            yield

    def patiently(self, host: str, port: int, log_in: Callable[[], Result]) -> Result:
        """Log in there when it is our turn, and again after a pause where the host hung up on us unheard.

        Raises what `log_in` raises, TurnedAway only after the last pause."""
        for pause in PAUSES:
            try:
                with self.turn(host, port):
                    return log_in()
            except TurnedAway:
                time.sleep(pause * random.uniform(0.5, 1.5))
        with self.turn(host, port):
            return log_in()
