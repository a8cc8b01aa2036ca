"""`inv provision` of a system by a user with sudo: foretold, done, done again; the work that the bench measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.peers.peer import OURS, PEERS, Site
from tests.bench.running import OTHER, USUAL
from tests.bench.site import make_site
from tests.bench.verifying import end_state
from tests.host.deploy.project import Completed, Project
from tests.lab.host import Host


@pytest.fixture
def site(fresh_host: Host, tmp_path: Path) -> Site:
    return make_site(tmp_path, [fresh_host], [])


def provision(site: Site, log_level: str, *words: str) -> Completed:
    command = PEERS[OURS].invocation(site, log_level).argv[1:]
    return Project(site.project, "h1").inv(*command, "--json", *words)


def named(done: Completed, *statuses: str) -> list[str]:
    """The subjects of the events of resources that have one of these statuses."""
    events = (event for event in done.events if event["event"] == "resource")
    return [event["subject"] for event in events if event["status"] in statuses]


def test_system_is_foretold_made_and_then_left_alone(site: Site, fresh_host: Host) -> None:
    before = end_state(fresh_host)
    foretold = named(provision(site, USUAL, "--check"), "would-change")
    assert end_state(fresh_host) == before
    first = provision(site, USUAL)
    assert named(first, "changed") == foretold
    assert {"user kiosk", "/srv/kiosk/releases/20260301", "/etc/cron.d/kiosk-cleanup"} <= set(foretold)
    state = end_state(fresh_host)
    assert len([line for line in state if line.startswith("runs ")]) == 3
    traffic = fresh_host.traffic()
    again = provision(site, USUAL)
    assert named(again, "changed", "would-change", "failed") == []
    assert end_state(fresh_host) == state
    after = fresh_host.traffic()
    assert (after.connections - traffic.connections, after.channels - traffic.channels) == (1, 1)
    assert after.bytes_in - traffic.bytes_in < 100_000  # the archive alone is four times that


def test_one_variable_changes_one_file_and_restarts_what_reads_it(site: Site, fresh_host: Host) -> None:
    provision(site, USUAL)
    web = processes(fresh_host)
    changed = provision(site, OTHER)
    assert named(changed, "changed") == ["/etc/kiosk/kiosk.env"]
    assert processes(fresh_host) != web
    assert not (fresh_host.root / "srv/bench/.backline/incoming").exists()


def processes(host: Host) -> dict[str, str]:
    lines = host.execute("supervisorctl", "status").stdout.splitlines()
    return {line.split()[0]: line.split()[3] for line in lines if line.startswith("kiosk-web")}
