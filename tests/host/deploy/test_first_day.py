"""A first day with Backline: deploy, deploy again, one changed file, back; on the sandbox, as `inv` shows it."""

from __future__ import annotations

from tests.host.deploy.project import Project

PARTS = {"web": 1, "celery": 2, "beat": 1}
LIVE_ROUND_TRIPS = 4


def test_a_first_day(sandbox: Project) -> None:
    """One story, since each step begins where the one before ended."""
    first = sandbox.on_host("deploy").summary
    assert (first["status"], first["release"]) == ("deployed", "r1")
    assert first["hosts"]["sandbox"]["virtualenv"] == "built"
    assert_everything_runs(sandbox, "r1")

    pids = sandbox.pids()
    again = sandbox.on_host("deploy").summary
    assert (again["status"], again["release"]) == ("live", "r1")
    assert again["hosts"]["sandbox"]["changed"] == 0
    assert again["hosts"]["sandbox"]["round_trips"] <= LIVE_ROUND_TRIPS
    assert sandbox.pids() == pids

    css = (sandbox.shop / "shop/static/shop/shop.css").read_text()
    sandbox.change("shop/static/shop/shop.css", css + "\n/* a change */\n")
    second = sandbox.on_host("deploy").summary
    assert (second["status"], second["release"]) == ("deployed", "r2")
    assert second["hosts"]["sandbox"]["blobs_sent"] == 1
    assert second["hosts"]["sandbox"]["virtualenv"] == "reused"
    assert_everything_runs(sandbox, "r2")

    back = sandbox.on_host("rollback").summary
    assert (back["status"], back["release"]) == ("deployed", "r3")
    assert back["hosts"]["sandbox"]["blobs_sent"] == 0
    assert back["hosts"]["sandbox"]["virtualenv"] == "reused"
    assert_everything_runs(sandbox, "r3")

    listed = {item["release"]: item for item in sandbox.on_host("releases").document}
    assert listed["r3"]["origin"] == "r1"
    assert [name for name, item in listed.items() if item["live"]] == ["r3"]

    web = {name: pid for name, pid in sandbox.pids().items() if "-web-" in name}
    restarted = sandbox.on_host("restart-workers").summary
    assert restarted["release"] == "r3"
    after = sandbox.pids()
    assert web.items() <= after.items()
    assert {"shop-celery-default-r3-2", "shop-celery-mail-r3-2"} <= set(after)


def assert_everything_runs(project: Project, release: str) -> None:
    """Each part runs the release and is proved to; whatever else is there is on its way out."""
    found = [item for item in project.status() if item["kind"] != "service"]
    running = [item for item in found if item["release"] == release]
    assert {kind: sum(item["kind"] == kind for item in running) for kind in PARTS} == PARTS
    assert all(item["proved"] is True for item in running), running
    assert all(item["state"] in ("RUNNING", "STARTING") for item in running), running
    assert all(item["state"] == "STOPPING" for item in found if item["release"] != release), found


def go_down_and_up(project: Project) -> None:
    project.inv("sandbox.down")
    project.inv("sandbox.up")


def test_a_host_that_was_down_is_told_with_what_starts_the_same_release(deployed: Project) -> None:
    release = next(item["release"] for item in deployed.status() if item["kind"] == "web")
    go_down_and_up(deployed)
    told = deployed.inv("status")
    assert told.out == ""
    assert "is live, but nothing of it runs; what starts it:  inv provision --host sandbox" in told.err
    deployed.on_host("provision")
    assert_everything_runs(deployed, str(release))


def test_a_host_that_was_down_is_started_by_the_next_deploy(deployed: Project) -> None:
    go_down_and_up(deployed)
    again = deployed.on_host("deploy").summary
    assert again["status"] == "live"
    assert_everything_runs(deployed, again["release"])
