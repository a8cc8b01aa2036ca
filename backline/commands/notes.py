"""What a command that only looks tells beside its answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backline.agent.events import Event


def to_errors(event: Event) -> None:
    """Notes and warnings of a command that only looks: beside its answer, not in it."""
    if event.text and event.kind in ("note", "warning"):
        print(f"{event.host}: {event.text}" if event.host else event.text, file=sys.stderr)
