"""Nothing is told behind the last words of a run."""

from __future__ import annotations

from backline.agent.events import Event, Kind
from backline.commands.running import until_the_end

STARTED = Event(Kind.STARTED, 0.0, "web1", "connect")


def test_a_thread_that_still_connects_when_ctrl_c_has_ended_the_run() -> None:
    told: list[Event] = []
    with until_the_end(told.append) as listener:
        listener(STARTED)
    listener(STARTED)
    assert told == [STARTED]
