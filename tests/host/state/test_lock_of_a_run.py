"""The lock that a run has asked for is let go at its end, whenever Ctrl-C came."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Generator
from functools import partial
from pathlib import Path

import pytest

from backline.agent.bootstrap import start_command
from backline.agent.events import Event
from backline.agent.lock import holder_of
from backline.agent.steps.take_lock import TakeLock
from backline.deploy.guarding import recorded
from backline.deploy.prepare import take_stock
from backline.fleet.fleet import Fleet
from backline.fleet.requests import Pending
from backline.fleet.session import Session
from backline.fleet.target import Target
from backline.resources.failure import Interrupted
from backline.resources.resource import Action
from backline.settings.app import SupervisorPaths
from backline.settings.app_settings import AppSettings
from backline.settings.settings import HostSettings
from tests.host.deploy.cutting import eventually
from tests.host.engine.conftest import open_here
from tests.unit.shop import shop
from tests.unit.stocks import ORDER


class StoppedSession(Session):
    """Ctrl-C comes when the host has taken the lock, and before anything is asked for that follows."""

    def begin(self, action: Action, step: str = "", after: Pending | None = None) -> Pending:
        pending = super().begin(action, step, after)
        if isinstance(action, TakeLock):
            eventually(lambda: holder_of(f"{action.state_directory}/lock"))
            self.interrupt()
        return pending


@pytest.fixture
def session() -> Generator[Session]:
    events: list[Event] = []
    session = StoppedSession("web1", open_here, partial(start_command, "python3"), events.append)
    yield session
    session.close()


def test_a_lock_whose_answer_nobody_had_waited_for(session: Session, tmp_path: Path) -> None:
    app, paths = shop(str(tmp_path / "shop")), SupervisorPaths("/nowhere", "/nowhere", "/nowhere", "/nowhere")
    settings = AppSettings(app, paths, app_name="shop", app_source=".", django_settings_module="shop.settings")
    target = Target(session, HostSettings(app, paths, (), {AppSettings: settings}))
    fleet = Fleet((target,), lambda event: None)
    with pytest.raises(Interrupted), recorded(fleet, ORDER):
        fleet.each(take_stock, ORDER)
    state = Path(app.state_directory)
    with (state / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the agent still runs, and does not have it
    assert [json.loads(line)["status"] for line in (state / "ledger.jsonl").read_text().splitlines()] == ["failed"]
