"""Parts of a live release started anew, alone; and what history and show tell of it."""

from __future__ import annotations

import pytest

from tests.host.deploy.project import Project


@pytest.fixture(scope="module")
def deployed(small: Project) -> Project:
    return small


def test_each_part_is_started_anew_alone(deployed: Project) -> None:
    """One story: each restart is a generation of its own, and touches nothing else."""
    before = deployed.pids()
    deployed.on_host("restart-web")
    after = deployed.pids()
    assert set(after) - set(before) == {"shop-web-r1-2"}
    assert not_web(after) == not_web(before)

    deployed.on_host("restart-workers", "--worker", "mail")
    latest = deployed.pids()
    assert set(latest) - set(after) == {"shop-celery-mail-r1-3"}
    assert latest["shop-celery-default-r1"] == before["shop-celery-default-r1"]

    deployed.on_host("restart-workers", "--beat")
    assert set(deployed.pids()) == {
        "shop-web-r1-2",
        "shop-celery-default-r1-4",
        "shop-celery-mail-r1-4",
        "shop-beat-r1-4",
    }
    assert deployed.on_host("deploy").summary["status"] == "live"

    ledger = deployed.on_host("history").document
    host = f" --host {deployed.host}"
    assert [entry["command"].removesuffix(" --json") for entry in ledger] == [
        f"inv deploy{host}",
        f"inv restart-web{host}",
        f"inv restart-workers --worker mail{host}",
        f"inv restart-workers --beat{host}",
        f"inv deploy{host}",
    ]
    assert [entry["status"] for entry in ledger] == ["deployed", "deployed", "deployed", "deployed", "live"]
    sheet = deployed.inv("show", "r1", "--host", deployed.host).out
    assert "live" in sheet
    assert "shop-web-r1-2 running" in sheet or "shop-web-r1-2 just started" in sheet


def test_a_worker_that_is_not_there_is_named_with_the_nearest(deployed: Project) -> None:
    done = deployed.on_host("restart-workers", "--worker", "mial", check=False)
    assert done.code == 2
    assert "did you mean mail?" in done.err


def not_web(pids: dict[str, int]) -> dict[str, int]:
    return {name: pid for name, pid in pids.items() if "-web-" not in name}
