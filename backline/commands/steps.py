"""Names the step of a failure that happens on the controller, before any host is asked for anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backline.resources.failure import Failure


@contextmanager
def at_step(name: str) -> Iterator[None]:
    """Failures inside belong to this step, if no other is named."""
    try:
        yield
    except Failure as failure:
        failure.step = failure.step or name
        raise
