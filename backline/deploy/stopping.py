"""Ctrl-C during a run: the first stops it in order, a second ends it at once, after the switch it changes nothing."""

from __future__ import annotations

import signal
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from backline.agent.events import Event, Kind
from backline.fleet.fleet import Fleet
from backline.resources.failure import Failure, Interrupted, Partial

if TYPE_CHECKING:
    from backline.deploy.guarding import Run

IN_DOUBT = "where the switch was made, the host's own guard finishes the deploy; where not, it undoes it"
"""How things stand where a host that is alone was told to switch and to commit, and nobody heard its answer."""


class Stopping:
    """Who hears Ctrl-C as long as the block lasts. It raises nothing where that would tear a step of ours in two."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._asked = False
        self._finishing = False

    def __enter__(self) -> Stopping:
        self._before = signal.signal(signal.SIGINT, self._heard)
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
            self._say("stopping; a second Ctrl-C ends this at once")
            self._fleet.stop()

    def _say(self, text: str) -> None:
        """Only where we do nothing but wait: whoever was interrupted while telling cannot be told through."""
        if self._fleet.waiting:
            self._fleet.tell(Event(Kind.WARNING, time.time(), text=text))


def ended_at_once(run: Run) -> Failure:
    """What is said where a second Ctrl-C left everything to the hosts."""
    kind = Partial if _is_in_doubt(run) else Interrupted
    return kind(
        "ended at once by a second Ctrl-C",
        host=", ".join(target.name for target in run.fleet.targets),
        step=run.fleet.step,
        state=_left_to_the_hosts(run),
        hint=f"what runs:  inv status{run.host_option}",
    )


def _is_in_doubt(run: Run) -> bool:
    """Whether a host that is alone was told to switch, which it does and commits in one flight."""
    return run.switching and run.draft is not None and run.draft.is_alone


def _left_to_the_hosts(run: Run) -> str:
    """The state of things where nobody waited for it."""
    if run.draft is None:
        return run.undrafted
    if _is_in_doubt(run):
        return IN_DOUBT
    live = run.draft.first.stock.live_number
    again = " again soon" if run.has_stopped_something else ""
    serving = f"r{live} serves{again}" if live else "nothing was live before"
    return f"{serving}; each host undoes by itself what was begun of {run.draft.label}"
