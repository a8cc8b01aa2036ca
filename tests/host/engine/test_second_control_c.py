"""A second Ctrl-C ends a run at once, also one that comes as soon as the first is told of."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from functools import partial

import pytest

from backline.agent.bootstrap import start_command
from backline.agent.events import Event, Kind
from backline.deploy.stopping import Stopping
from backline.fleet.fleet import Fleet
from backline.fleet.session import Session
from backline.fleet.target import Target
from backline.settings.app import SupervisorPaths
from backline.settings.settings import HostSettings
from tests.host.engine.conftest import open_here
from tests.host.engine.processes import eventually, shell
from tests.unit.shop import shop


def control_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def impatient(event: Event) -> None:
    """Gives it again, before whoever tells of the first has gone on."""
    if event.kind == Kind.WARNING:
        control_c()


@pytest.fixture
def fleet() -> Generator[Fleet]:
    session = Session("web1", open_here, partial(start_command, "python3"), lambda event: None)
    paths = SupervisorPaths("/nowhere", "/nowhere", "/nowhere", "/nowhere")
    fleet = Fleet((Target(session, HostSettings(shop("/nowhere"), paths, (), {})),), impatient)
    yield fleet
    fleet.close()


def test_it_is_not_taken_for_the_first(fleet: Fleet) -> None:
    def last_long(target: Target) -> None:
        eventually(lambda: fleet.waiting)
        control_c()
        target.session.perform(shell("exec sleep 600"))

    with pytest.raises(KeyboardInterrupt), Stopping(fleet):
        fleet.each(last_long)


def test_none_is_heard_where_it_was_ignored_before(fleet: Fleet) -> None:
    """As of a run in the background of a script, whose Ctrl-C is for what runs in front."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stopping(fleet):
            control_c()
            assert fleet.each(lambda target: target.name) == ("web1",)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
