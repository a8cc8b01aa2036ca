"""What the end of an agent proves, by its exit code and what was said."""

from __future__ import annotations

import pytest

from backline.fleet.agent_end import agent_end
from backline.transport.stream import UNNAMED_SIGNAL

TRACEBACK = ("Traceback (most recent call last):", '  File "<string>", line 1, in <module>', "MemoryError")


@pytest.mark.parametrize(
    ("code", "said", "reason", "is_of_memory"),
    [
        (1, TRACEBACK, "the host had no memory left for it", True),
        (1, ("RuntimeError: can't start new thread",), "the host had no memory left for it", True),
        (-9, (), "it was killed, as happens where memory runs out", True),
        (137, ("Killed",), "it was killed, as happens where memory runs out", True),
        (UNNAMED_SIGNAL, (), "a signal ended it, as happens where memory runs out", True),
        (-15, (), "signal 15 ended it", False),
        (3, ("out of order",), "exit code 3", False),
        (None, (), "the line was closed", False),
    ],
)
def test_what_became_of_it(code: int | None, said: tuple[str, ...], reason: str, is_of_memory: bool) -> None:
    end = agent_end(code, said)
    assert end.reason == reason
    assert bool(end.hint) == is_of_memory
