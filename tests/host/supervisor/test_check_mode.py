"""Check mode: what would be done is told, and nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.overlay import Overlay
from backline.resources.actions.restart_program import RestartProgram
from backline.resources.failure import OnlyLooking
from backline.resources.resource import Resource
from backline.resources.service import Service
from backline.resources.supervisord import OwnSupervisord

from .conftest import Folder, process_is_there


def test_service_is_told_and_not_made(daemon: Folder, machine: Machine) -> None:
    overlay = Overlay(machine)
    nginx: Resource = Service(daemon.program("nginx"), daemon.socket, daemon.include, daemon.python)
    assert [one.attribute for one in nginx.differences(overlay)] == ["content", "state"]
    nginx.foresee(overlay)
    assert [one.attribute for one in nginx.differences(overlay)] == ["state"]
    assert not daemon.file("nginx").exists()
    assert daemon.state("nginx") == ""


def test_supervisord_is_told_and_not_started(folder: Folder, machine: Machine) -> None:
    own = OwnSupervisord(folder.executable, folder.configuration, folder.socket)
    assert [one.attribute for one in own.differences(Overlay(machine))] == ["state"]
    own.foresee(Overlay(machine))
    assert not Path(folder.socket).exists()


def test_restart_is_not_done(daemon: Folder, machine: Machine) -> None:
    Service(daemon.program("nginx"), daemon.socket, daemon.include, daemon.python).converge(machine)
    pid = daemon.pid("nginx")
    with pytest.raises(OnlyLooking):
        RestartProgram(daemon.socket, "nginx").perform(Overlay(machine))
    assert daemon.pid("nginx") == pid
    assert process_is_there(pid)
