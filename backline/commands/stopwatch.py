"""How long a run took, and each step of it on each host: listens to what is told."""

from __future__ import annotations

import time

from backline.agent.events import Event, Kind
from backline.deploy.summary import StepSummary
from backline.fleet.session import Listener

PRECISION = 3
"""Digits behind the point."""


class Stopwatch:
    """Runs from when it is made. Safe for any thread."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._steps: list[StepSummary] = []

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return round(time.monotonic() - self._began, PRECISION)

    @property
    def steps(self) -> tuple[StepSummary, ...]:
        """Those that have ended, well or not."""
        return tuple(self._steps)

    def before(self, listener: Listener) -> Listener:
        """A listener that takes the time of each step, and then passes everything on."""

        def listen(event: Event) -> None:
            if event.kind == Kind.FINISHED:
                self._steps.append(StepSummary(event.step, event.host, round(event.seconds, PRECISION)))
            listener(event)

        return listen
