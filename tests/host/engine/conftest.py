"""An agent started for real: as a child of this process, and by OpenSSH's own server."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial

import pytest

from backline.agent.bootstrap import start_command
from backline.agent.events import Event
from backline.fleet.session import SILENCE, Session
from backline.transport.local import open_local
from backline.transport.ssh import open_ssh
from backline.transport.stream import Stream, begin_with
from tests.host.engine.wiretap import Wiretap
from tests.host.openssh import OpenSSHServer


class Connected:
    """A session, what went over its wire, and what its agent told."""

    def __init__(
        self,
        open_stream: Callable[[str, bytes], Stream],
        silence: float = SILENCE,
        name: str = "web1",
        ahead: frozenset[str] = frozenset(),
    ) -> None:
        self.events: list[Event] = []
        self.opened = 0
        self._open = open_stream
        start = partial(start_command, "python3")
        self.session = Session(name, self._tapped, start, self.events.append, silence, ahead)

    def _tapped(self, command: str, first: bytes) -> Stream:
        self.opened += 1
        self.wire = Wiretap(self._open(command, first))
        return self.wire


def open_here(command: str, first: bytes) -> Stream:
    return begin_with(open_local(["/bin/sh", "-c", command]), first)


@pytest.fixture
def local() -> Generator[Connected]:
    connected = Connected(open_here)
    yield connected
    connected.session.close()


@pytest.fixture
def remote(openssh_server: OpenSSHServer) -> Generator[Connected]:
    connected = Connected(lambda command, first: open_ssh(openssh_server.settings, command, first=first))
    yield connected
    connected.session.close()


@pytest.fixture(params=["local", "remote"])
def connected(request: pytest.FixtureRequest) -> Connected:
    """Both ways."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Connected)
    return found
