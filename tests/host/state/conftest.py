"""An app's folder as deploys leave it, and the machine on which it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.read_app import AppState, ReadApp
from backline.resources.records import ReleaseRecord
from tests.host.servers import site_virtualenv
from tests.host.supervisor.conftest import Folder, Listener, daemon, eventually, folder, listener, machine

__all__ = ["Folder", "Listener", "daemon", "eventually", "folder", "listener", "machine", "site_virtualenv"]


@dataclass(frozen=True)
class AppFolder:
    """`root` is the app's; releases are made as small as they can be."""

    root: Path
    machine: Machine

    @property
    def state(self) -> Path:
        return self.root / ".backline"

    @property
    def releases(self) -> list[str]:
        return sorted(path.name for path in (self.root / "releases").iterdir())

    @property
    def virtualenvs(self) -> list[str]:
        return sorted(path.name for path in (self.root / "venvs").iterdir())

    def make_release(self, number: int, virtualenv: str = "3.12-a") -> ReleaseRecord:
        """Not writable, as a release is."""
        path = self.root / "releases" / str(number)
        record = a_record(number, str(self.root / "venvs" / virtualenv))
        (path / ".backline").mkdir(parents=True)
        (path / ".backline" / "release.json").write_text(record.to_json())
        (path / "shop").mkdir()
        (path / "shop" / "urls.py").touch()
        (path / ".venv").symlink_to(f"../../venvs/{virtualenv}")
        self.make_virtualenv(virtualenv)
        for directory in (path / "shop", path / ".backline", path):
            directory.chmod(0o555)
        return record

    def make_virtualenv(self, name: str) -> None:
        """A complete one."""
        path = self.root / "venvs" / name
        path.mkdir(parents=True, exist_ok=True)
        (path / ".backline-complete").touch()

    def read(self, socket: str = "/nowhere/supervisor.sock", python: str = "") -> AppState:
        return ReadApp(str(self.root), socket, "shop", python).perform(self.machine)


def a_record(number: int, virtualenv: str = "/srv/shop/venvs/3.12-a") -> ReleaseRecord:
    return ReleaseRecord(
        number=number,
        commit="1f0c",
        tree="9ab3",
        ref="HEAD",
        dirty=False,
        by="anna",
        at="2026-01-02T03:04:05Z",
        fingerprint=f"f{number}",
        virtualenv=virtualenv,
        origin=number,
        previous=number - 1,
    )


@pytest.fixture
def app(tmp_path: Path, machine: Machine) -> AppFolder:
    (tmp_path / "shop" / ".backline").mkdir(parents=True)
    return AppFolder(tmp_path / "shop", machine)
