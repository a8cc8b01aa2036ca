"""A release that its guard alone put live is good once it is proved; one that does not serve is not."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.start_programs import StartPrograms
from backline.deploy.draft import live_release
from backline.deploy.proof import prove_live
from backline.deploy.stock import Stock
from backline.fleet.target import Target
from backline.resources.failure import Partial
from backline.resources.process import WORKERS, Process
from backline.resources.records import GenerationRecord, GoodReleases, LiveRecord
from backline.settings.app import SupervisorPaths
from backline.settings.settings import HostSettings
from tests.host.engine.conftest import Connected, local
from tests.unit.shop import shop
from tests.unit.stocks import NOTHING, ORDER

from .conftest import AppFolder, Folder, a_record

__all__ = ["local"]

RUN = 'exec 9<"$1/.backline/release.json"; cd "$1"; exec sleep 1000'
NAME = "shop-celery-r2"


@pytest.fixture
def switched(daemon: Folder, machine: Machine) -> Generator[AppFolder]:
    """r1 is good, and r2 is live by its switch."""
    app = AppFolder(daemon.root / "shop", machine)
    app.state.mkdir(parents=True)
    for number in (1, 2):
        app.make_release(number)
    (app.state / "good.json").write_text(GoodReleases((1,)).to_json())
    yield app
    for path in (app.root / "releases").rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def started(app: AppFolder, daemon: Folder, machine: Machine, release: int) -> Stock:
    """The program of r2, run from a release; and what is known of it."""
    program = daemon.program(NAME, "/bin/sh", "-c", RUN, "run", f"{app.root}/releases/{release}")
    StartPrograms(daemon.socket, daemon.include, daemon.python, (program,)).perform(machine)
    record = GenerationRecord("r2", 2, 1, (Process(program, WORKERS, "celery"),))
    paths = SupervisorPaths(daemon.socket, daemon.include, daemon.configuration, daemon.python)
    state = replace(
        NOTHING,
        releases=tuple(a_record(number, str(app.root / "venvs" / "3.12-a")) for number in (1, 2)),
        live=LiveRecord(2, (NAME,)),
        good=(1,),
        generations=(record.to_json(),),
    )
    return Stock("web1", HostSettings(shop(str(app.root)), paths, (), {}), state)


def good(app: AppFolder) -> tuple[int, ...]:
    return GoodReleases.from_json(Path(app.state / "good.json").read_text()).numbers


def test_what_is_live_and_proved_is_good(
    switched: AppFolder, daemon: Folder, machine: Machine, local: Connected
) -> None:
    stock = started(switched, daemon, machine, release=2)
    prove_live(Target(local.session, stock.settings), live_release(ORDER, (stock,)))
    assert good(switched) == (1, 2)


def test_what_runs_another_release_is_not(
    switched: AppFolder, daemon: Folder, machine: Machine, local: Connected
) -> None:
    stock = started(switched, daemon, machine, release=1)
    with pytest.raises(Partial, match="not everything runs r2"):
        prove_live(Target(local.session, stock.settings), live_release(ORDER, (stock,)))
    assert good(switched) == (1,)
