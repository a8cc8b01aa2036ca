"""How the main thread waits for others so that it hears Ctrl-C."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future, wait
from typing import TypeVar

Result = TypeVar("Result")
MOMENT = 0.25
"""Seconds. A signal that comes in the moment in which Python begins to wait wakes nobody; whoever waits for short only
hears of it."""


def await_all(futures: Collection[Future[Result]]) -> None:
    """Returns when all have ended, however. Raises KeyboardInterrupt."""
    while wait(futures, timeout=MOMENT).not_done:
        pass
