"""An agent started as the product starts it, and what a person is told where it is not."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.fleet.interpreters import Interpreters
from backline.fleet.session import Session
from backline.fleet.starting import Start
from backline.resources.failure import ExitCode, Unreachable
from backline.settings.connection import ConnectionSettings
from backline.transport.access import Access


def start_of(settings: ConnectionSettings, cache: Path | None = None, access: Access | None = None) -> Start:
    return Start("web1", settings, access or Access(), Interpreters(cache or Path("/nonexistent/file")), print)


@contextmanager
def session_on(settings: ConnectionSettings, cache: Path | None = None) -> Generator[Session]:
    session = start_of(settings, cache).session()
    try:
        yield session
    finally:
        session.close()


def refused(settings: ConnectionSettings, access: Access | None = None) -> Unreachable:
    """Why no agent is started there."""
    with pytest.raises(Unreachable) as caught:
        start_of(settings, access=access).session().close()
    assert caught.value.code == ExitCode.UNREACHABLE
    return caught.value
