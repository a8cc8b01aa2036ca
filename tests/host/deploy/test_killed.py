"""Killed before the switch, the controller or the agent: what serves is untouched, and the host cleans up by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.host.deploy.cutting import Deploy, SandboxHost, end, eventually, is_agent, untouched
from tests.host.deploy.moments import about_to_migrate, building, live_number, next_number, pids, waiting_for_workers
from tests.host.deploy.project import Project
from tests.host.deploy.switch_gate import switch_gates

pytestmark = pytest.mark.timeout(240)

Moment = Callable[[Project, SandboxHost], Deploy]
Kill = Callable[[Deploy, SandboxHost], None]


@pytest.fixture(scope="module")
def deployed(small: Project) -> Project:
    return small


def kill_controller(deploy: Deploy, host: SandboxHost) -> None:
    deploy.kill()


def kill_agent(deploy: Deploy, host: SandboxHost) -> None:
    end(host.agent())
    ended = deploy.ended()
    assert ended.code == 4, ended.err
    assert ended.summary["status"] == "failed"
    assert "lost" in ended.summary["error"]["cause"]
    assert ended.summary["error"]["step"]
    assert len(ended.err.splitlines()) <= 24, ended.err


@pytest.mark.parametrize("moment", [building, about_to_migrate, waiting_for_workers])
@pytest.mark.parametrize("kill", [kill_controller, kill_agent])
def test_killed_before_the_switch(live: Project, moment: Moment, kill: Kill) -> None:
    host = SandboxHost(live)
    committed = live.git("rev-parse", "HEAD")
    number = next_number(live)
    with untouched(host, f"r{number}"), moment(live, host) as deploy:
        kill(deploy, host)
    live.git("reset", "--quiet", "--hard", committed)
    again = live.on_host("deploy", "--force").summary
    assert (again["status"], again["release"]) == ("deployed", f"r{number + 1}")


def test_queues_that_were_taken_are_given_back(live: Project) -> None:
    """Killed between the old workers' last message and the switch: the controller stands still before it can ask for
    the switch, and never goes on."""
    host = SandboxHost(live)
    number, serving = next_number(live), live_number(live)
    consumed = queues(host, serving)
    assert sorted(consumed.values()) == [["default"], ["mail"]]
    live.commit("another one")
    with untouched(host, f"r{number}"), Deploy(live, "--force") as deploy:
        deploy.until("take queues over")
        eventually(lambda: host.command_like('"verb": "cancel"'))
        os.kill(deploy.process.pid, signal.SIGSTOP)
        eventually(lambda: not any(queues(host, serving).values()))
        deploy.kill()
    assert queues(host, serving) == consumed


@pytest.mark.parametrize(
    ("step", "event", "status", "told"),
    [
        ("start web", "finished", "failed", "the host's guard has undone what was begun"),
        ("switch", "finished", "deployed", "the host's guard has finished it"),
    ],
)
def test_the_guard_writes_down_what_became_of_a_run_that_was_cut_off(
    live: Project, step: str, event: str, status: str, told: str
) -> None:
    host = SandboxHost(live)
    number, entries = next_number(live), len(host.ledger())
    with Deploy(live, "--force") as deploy:
        deploy.until(step, event)
        deploy.kill()
    eventually(host.lock_is_free)
    (entry,) = live.on_host("history").document[entries:]
    assert (entry["status"], entry["release"], entry["error"]) == (status, f"r{number}", f"the run was cut off; {told}")
    assert entry["command"] == f"inv deploy --force --host {live.host}"
    if status == "deployed":
        assert told in live.inv("show", f"r{number}", "--host", live.host).out
        assert live_number(live) == number


def test_nobody_claims_to_know_what_serves_after_a_switch_that_was_not_answered(live: Project) -> None:
    """Switch and commit leave together, so the host may have done both, or neither."""
    host = SandboxHost(live)
    number = next_number(live)
    with untouched(host, f"r{number}"), Deploy(live, "--force") as deploy:
        deploy.until("push code")
        with switch_gates(host) as (gate,):
            gate.await_guard()
            end(host.agent())
            ended = deploy.ended()
            gate.open()
    assert ended.code == 5, ended.err
    assert ended.summary["status"] == "partial"
    assert ended.summary["hosts"][live.host]["serves"] is None
    assert "where the switch was made, the host's own guard finishes the deploy" in " ".join(ended.err.split())
    warned = [one["text"] for one in ended.events if one["event"] == "warning" and "undo" in one["text"]]
    assert [text for text in warned if "or finishes it" not in text] == []


def queues(host: SandboxHost, number: int) -> dict[str, list[str]]:
    """What each node of a release consumes, as Celery itself tells it."""
    release = host.app / f"releases/{number}"
    celery = [str(release / ".backline/run"), str(release / ".venv/bin/celery"), "-A", "shop"]
    asked = [*celery, "inspect", "active_queues", "--json", "--timeout", "3"]
    done = subprocess.run(asked, cwd=release, capture_output=True, text=True, env={"HOME": str(host.home)}, check=True)
    answers = json.loads(done.stdout)
    return {node: [queue["name"] for queue in found] for node, found in answers.items() if f"-r{number}@" in node}


def test_what_is_left_when_the_guard_goes_too_is_ended_by_the_next_run(live: Project) -> None:
    """As when the power goes: what was begun runs on, and nobody is left to undo it."""
    host = SandboxHost(live)
    committed = live.git("rev-parse", "HEAD")
    left = f"shop-celery-default-r{next_number(live)}"
    with waiting_for_workers(live, host) as deploy:
        for pid in sorted(filter(is_agent, host.processes()), reverse=True):  # the guard was forked last
            end(pid)
        assert deploy.ended().code == 4
    live.git("reset", "--quiet", "--hard", committed)
    assert left in pids(host)
    assert live.on_host("provision").summary["status"] == "provisioned"
    assert left not in pids(host)
    assert live.on_host("deploy").summary["status"] == "live"
