"""One resource applied to this machine, as the agent would: looked at, made so, looked at again."""

from __future__ import annotations

import os
from collections.abc import Generator
from types import TracebackType

import pytest

from backline.agent.events import Event
from backline.agent.machine import Machine
from backline.resources.resource import Difference, Resource


class QuietLine:
    """A controller that listens and says nothing, until `leave`."""

    def __init__(self) -> None:
        self.gone = False
        self.wake, self._writer = os.pipe()
        self.events: list[Event] = []

    def send_event(self, event: Event) -> None:
        self.events.append(event)

    def leave(self) -> None:
        """Go, as a controller does whose connection ends."""
        self.gone = True
        os.write(self._writer, b"x")

    def __enter__(self) -> QuietLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self.wake)
        os.close(self._writer)


class ThisHost:
    """The machine on which the tests run, with a line that records what it is told."""

    def __init__(self, line: QuietLine) -> None:
        self.line = line
        self.machine = Machine(line)

    def check(self, resource: Resource) -> tuple[Difference, ...]:
        return tuple(resource.differences(self.machine))

    def attributes(self, resource: Resource) -> list[str]:
        """The names of what is not as it should be."""
        return [difference.attribute for difference in self.check(resource)]

    def apply(self, resource: Resource) -> bool:
        """Whether anything changed. Afterwards nothing is left to do."""
        if not self.check(resource):
            return False
        resource.converge(self.machine)
        assert self.check(resource) == ()
        return True


@pytest.fixture
def this_host() -> Generator[ThisHost, None, None]:
    with QuietLine() as line:
        yield ThisHost(line)
