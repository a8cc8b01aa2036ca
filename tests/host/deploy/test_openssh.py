"""The same deploy through a real OpenSSH server, run by whoever runs the test: nothing here knows the sandbox."""

from __future__ import annotations

import pytest

from tests.host.deploy.project import Project
from tests.host.deploy.test_first_day import LIVE_ROUND_TRIPS, assert_everything_runs
from tests.host.openssh import OpenSSHServer

CONNECTED = "Accepted publickey"
COMMAND = "Starting session: command"
SESSIONS = "Starting session:"


@pytest.mark.needs("sshd", "git")
@pytest.mark.timeout(240)
def test_a_day_over_openssh(openssh_project: Project, openssh_server: OpenSSHServer) -> None:
    """One story, since each step begins where the one before ended."""
    project = openssh_project
    before, at_home = openssh_server.log(), {path.name for path in openssh_server.home.iterdir()}
    first = project.on_host("deploy").summary
    assert (first["status"], first["release"]) == ("deployed", "r1")
    assert first["hosts"]["web1"]["virtualenv"] == "built"
    told = openssh_server.log().removeprefix(before)
    assert [told.count(words) for words in (CONNECTED, COMMAND, SESSIONS)] == [1, 1, 1], told
    assert_everything_runs(project, "r1")

    pids = project.pids()
    again = project.on_host("deploy").summary
    assert (again["status"], again["release"]) == ("live", "r1")
    assert (again["hosts"]["web1"]["changed"], project.pids()) == (0, pids)
    assert again["hosts"]["web1"]["round_trips"] <= LIVE_ROUND_TRIPS

    css = (project.shop / "shop/static/shop/shop.css").read_text()
    project.change("shop/static/shop/shop.css", css + "\n/* a change */\n")
    second = project.on_host("deploy").summary
    assert (second["status"], second["release"]) == ("deployed", "r2")
    assert second["hosts"]["web1"]["blobs_sent"] == 1
    assert second["hosts"]["web1"]["virtualenv"] == "reused"
    assert_everything_runs(project, "r2")

    back = project.on_host("rollback").summary
    assert (back["status"], back["release"]) == ("deployed", "r3")
    assert (back["hosts"]["web1"]["blobs_sent"], back["hosts"]["web1"]["virtualenv"]) == (0, "reused")
    assert_everything_runs(project, "r3")

    web = {name: pid for name, pid in project.pids().items() if "-web-" in name}
    assert project.on_host("restart-workers").summary["release"] == "r3"
    assert web.items() <= project.pids().items()

    asked = project.inv("manage", "shell -c 'import os; print(os.getcwd())'", "--host", "web1")
    assert asked.out.splitlines()[-1].endswith("/shop/releases/3")
    assert project.inv("manage", "nosuchcommand", "--host", "web1", check=False).code == 1

    tailed = project.inv("tail-celery-log", "--no-follow", "-n", "500", "--host", "web1").out
    assert "default-r3-2@web1 ready" in tailed
    assert "mail-r3-2@web1 ready" in tailed

    gone = project.on_host("remove", "--name", "shop", "--yes")
    assert gone.summary["status"] == "removed"
    # What uv has downloaded is the user's own cache.
    assert {path.name for path in openssh_server.home.iterdir()} - at_home <= {".cache"}
