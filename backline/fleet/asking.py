"""A session that only asks: whatever a step wants done, the host tells what would be, and does nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from backline.agent.events import Event, Kind, Outcome
from backline.agent.steps.foresee import Foresee
from backline.fleet.requests import Pending
from backline.fleet.session import Session
from backline.resources.foresight import Would
from backline.resources.resource import Action


class AskingSession(Session):
    """Steps are given this one in check mode and need not know."""

    outcome = Outcome.ASKED

    def begin(self, action: Action, step: str = "", after: Pending | None = None) -> Pending:
        return super().begin(Foresee(action), step, after)

    def put_blob(self, blob: str, content: bytes, directory: str, paths: tuple[str, ...]) -> None:
        """Nothing is sent; each file is told, with its size."""
        for path in paths:
            detail = {"bytes": len(content)}
            self.tell(Event(Kind.FORESEEN, time.time(), status=Would.SEND, subject=path, detail=detail))

    def foretell(self, events: Callable[[], Iterable[Event]]) -> None:
        """It is found out, and told."""
        for event in events():
            self.tell(event)

    def remark(self, text: str) -> None:
        """What a step came to is not to be said: it came to nothing."""
