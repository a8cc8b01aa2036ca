"""The example, deployed without root to a real Debian server: its own Python, its own Supervisor, a way to packages."""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path

import pytest

from tests.fleet.connecting import DEPLOY, lab_project
from tests.host.deploy.project import DEADLINE, Project
from tests.host.deploy.test_first_day import LIVE_ROUND_TRIPS, assert_everything_runs
from tests.lab.host import Host
from tests.lab.lab import Lab

PORT = 8080
USED, DEBIANS = "home/deploy/.backline/tools/supervisord", "/usr/bin/supervisord"
"""The supervisord that roles call, and the one that the host had from the start."""


@pytest.fixture
def host(lab_with_packages: Lab) -> Host:
    """One whose pip knows the way to packages; uv must be told of it."""
    host = lab_with_packages.host("h1")
    (host.root / "etc/uv/uv.toml").unlink()
    return host


@pytest.fixture
def project(host: Host, tmp_path: Path) -> Project:
    return lab_project(tmp_path, [host], DEPLOY, nginx_listen=f"0.0.0.0:{PORT}")


def front_page(host: Host) -> str:
    request = urllib.request.Request(f"http://{host.address}:{PORT}/", headers={"Host": "localhost"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=DEADLINE) as answer:
        return str(answer.read().decode())


def test_a_day_on_a_real_server(host: Host, project: Project) -> None:
    """One story, since each step begins where the one before ended."""
    first = project.on_host("deploy").summary
    assert (first["status"], first["release"]) == ("deployed", "r1")
    assert first["hosts"]["h1"]["virtualenv"] == "built"
    counted = host.traffic()
    assert (counted.connections, counted.channels) == (1, 1)
    assert_everything_runs(project, "r1")
    assert "Hello from the sandbox" in front_page(host)
    assert os.readlink(host.root / USED) == DEBIANS

    pids = project.pids()
    again = project.on_host("deploy").summary
    assert (again["status"], again["release"], again["hosts"]["h1"]["changed"]) == ("live", "r1", 0)
    assert again["hosts"]["h1"]["round_trips"] <= LIVE_ROUND_TRIPS
    assert project.pids() == pids

    css = (project.shop / "shop/static/shop/shop.css").read_text()
    project.change("shop/static/shop/shop.css", css + "\n/* a change */\n")
    assert project.on_host("deploy").summary["release"] == "r2"
    assert_everything_runs(project, "r2")

    back = project.on_host("rollback").summary
    assert (back["status"], back["release"]) == ("deployed", "r3")
    assert (back["hosts"]["h1"]["blobs_sent"], back["hosts"]["h1"]["virtualenv"]) == (0, "reused")
    assert_everything_runs(project, "r3")
    assert "Hello from the sandbox" in front_page(host)
