"""Modules are sent once: the agent keeps those that came with a request which was not done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

import backline.resources
from backline.agent.steps.burn_number import BurnNumber
from backline.fleet.session import Session
from backline.resources.failure import Failure, Interrupted
from tests.host.engine.conftest import Connected, open_here
from tests.host.engine.processes import noted, shell, waiting


def after_one_that_fails(session: Session, folder: Path) -> None:
    broken = session.begin(shell("exit 3"))
    behind = session.begin(BurnNumber(str(folder), 1), after=broken)
    for one in (broken, behind):
        with pytest.raises(Failure):
            one.result()


def after_a_blob_that_is_lost(session: Session, folder: Path) -> None:
    (folder / "file").touch()
    session.put_blob("0" * 40, b"content", str(folder / "file" / "incoming"), ("manage.py",))
    with pytest.raises(Failure):
        session.perform(BurnNumber(str(folder), 1))


def after_an_interrupt(session: Session, folder: Path) -> None:
    long = session.begin(waiting(folder / "note"))
    behind = session.begin(BurnNumber(str(folder), 1))
    noted(folder / "note")
    session.interrupt()
    for one in (long, behind):
        with pytest.raises(Interrupted):
            one.result()
    session.go_on()


@pytest.mark.parametrize("refused", [after_one_that_fails, after_a_blob_that_is_lost, after_an_interrupt])
def test_what_was_not_done_can_be_asked_for_again(
    local: Connected, tmp_path: Path, refused: Callable[[Session, Path], None]
) -> None:
    refused(local.session, tmp_path)
    assert not (tmp_path / "highest").exists()
    local.session.perform(BurnNumber(str(tmp_path), 7))
    assert (tmp_path / "highest").read_text().strip() == "7"


def test_what_was_sent_ahead_and_cannot_be_imported_is_told_to_who_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unfit.py").write_text(
        "import sys\n"
        "from backline.resources.dataclass import dataclass\n"
        "from backline.resources.resource import Question\n"
        "if sys.flags.isolated: raise LookupError('not on this host')\n"
        "@dataclass(frozen=True)\n"
        "class Unfit(Question): pass\n"
    )
    monkeypatch.setattr(backline.resources, "__path__", [*backline.resources.__path__, str(tmp_path)])
    unfit = import_module("backline.resources.unfit")
    with closing(Connected(open_here, ahead=frozenset({unfit.__name__})).session) as session:
        session.perform(BurnNumber(str(tmp_path), 7))
        with pytest.raises(Failure, match="not on this host"):
            session.perform(unfit.Unfit())
        session.perform(BurnNumber(str(tmp_path), 8))
    assert (tmp_path / "highest").read_text().strip() == "8"
