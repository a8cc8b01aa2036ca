"""The agent's line to its controller, as what runs on the host sees it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from backline.agent.events import Event
else:
    Protocol = object


class Line(Protocol):
    """Somebody who listens, and may leave."""

    @property
    def gone(self) -> bool:
        """The controller has closed the line, or was silent for too long."""
        ...

    @property
    def wake(self) -> int:
        """A descriptor that becomes readable when the controller has gone; for select, never to be read."""
        ...

    def send_event(self, event: Event) -> None: ...
