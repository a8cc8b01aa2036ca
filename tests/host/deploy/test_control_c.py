"""Ctrl-C as a person gives it at a terminal, and a second deploy while one runs."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.host.deploy.cutting import Deploy, SandboxHost, eventually_nothing, untouched
from tests.host.deploy.moments import building, checking, live_number, migrating, next_number, waiting_for_workers
from tests.host.deploy.project import Completed, Project, make_project

pytestmark = pytest.mark.timeout(240)

Moment = Callable[[Project, SandboxHost], Deploy]
LESS_THAN_A_LOGIN = 20.0
"""Seconds: a deadline, sooner than a host that says nothing is given up."""


@pytest.mark.parametrize(
    ("moment", "step"),
    [
        (building, "build virtualenv"),
        (checking, "check"),
        (migrating, "migrate"),
        (waiting_for_workers, "start workers"),
    ],
)
def test_control_c_before_the_switch(live: Project, moment: Moment, step: str) -> None:
    host = SandboxHost(live)
    serving, number = f"r{live_number(live)}", next_number(live)
    with untouched(host, f"r{number}"), moment(live, host) as deploy:
        deploy.control_c()
        ended = deploy.ended()
        assert host.lock_is_free()
        assert host.traces(f"r{number}") == []
    assert ended.code == 1, ended.err
    assert_one_screen(ended, live.host, step, "Ctrl-C", f"{serving} serves, untouched", "inv deploy")
    assert ended.summary["status"] == "failed"
    assert ended.summary["error"]["step"] == step
    written = host.ledger()[-1]
    assert (written["status"], written["release"]) == ("failed", f"r{number}")


def test_a_second_control_c_ends_at_once_and_the_host_cleans_up(live: Project) -> None:
    host = SandboxHost(live)
    number = next_number(live)
    with untouched(host, f"r{number}"), waiting_for_workers(live, host) as deploy:
        agent = host.agent()
        with host.paused(agent):  # it can answer nothing: whoever waited for it would wait for long
            deploy.control_c()
            deploy.until_warned("second Ctrl-C")
            deploy.control_c()
            ended = deploy.ended()
        assert ended.code == 1, ended.err
        assert_one_screen(ended, live.host, "second Ctrl-C", "undoes by itself", "inv status")
        assert ended.summary["status"] == "failed"


def test_control_c_after_the_switch_changes_nothing(live: Project) -> None:
    host = SandboxHost(live)
    number = next_number(live)
    live.commit("another one")
    with Deploy(live, "--force") as deploy:
        deploy.until("switch", "finished")
        deploy.control_c()
        ended = deploy.ended()
    assert ended.code == 0, ended.err
    assert (ended.summary["status"], ended.summary["release"]) == ("deployed", f"r{number}")
    assert live_number(live) == number
    eventually_nothing(lambda: [] if host.lock_is_free() else ["the lock is held"])
    assert host.ledger()[-1]["status"] == "deployed"
    assert not (host.state / "journal").exists()


def test_a_second_deploy_is_told_who_is_at_work_and_disturbs_nobody(live: Project) -> None:
    host = SandboxHost(live)
    number = next_number(live)
    with untouched(host, f"r{number}"), migrating(live, host) as deploy:
        second = live.on_host("deploy", check=False)
        assert second.code == 3, second.err
        assert_one_screen(second, live.host, "holds the lock", "inv deploy", "since 20", "migrate")
        assert second.summary["status"] == "failed"
        assert deploy.process.poll() is None
        assert host.command("manage.py", "migrate")
        deploy.control_c()
        assert deploy.ended().code == 1


class SilentHost:
    """A host that takes connections and says nothing, as the sandbox of a project."""

    def __init__(self, folder: Path, listening: socket.socket) -> None:
        self.project = make_project(folder, "sandbox")
        self._listening = listening
        port = listening.getsockname()[1]
        variables = {"ansible_ssh_host": "127.0.0.1", "ansible_port": port, "ansible_user": "me"}
        place = folder / "inventory/host_vars/sandbox/connection.yml"
        place.write_text(json.dumps({**variables, "nginx_listen": "127.0.0.1:8080"}))

    @contextmanager
    def kept_waiting(self) -> Iterator[None]:
        """Whoever connects now, as long as the block lasts."""
        line, _ = self._listening.accept()
        with line:
            yield


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[SilentHost]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield SilentHost(tmp_path, listening)


@pytest.mark.parametrize("step", ["", "connect"])
def test_control_c_while_a_host_keeps_us_waiting(silent: SilentHost, step: str) -> None:
    """Whoever connects waits for half a minute in a thread; Ctrl-C does not wait for that. It may come before the step
    of connecting, since that is begun while settings are still read."""
    with Deploy(silent.project) as deploy, silent.kept_waiting():
        if step:
            deploy.until(step)
        deploy.control_c()
        ended = deploy.ended()  # the line is still open, and still silent
    assert ended.code == 1, ended.err
    assert_one_screen(ended, "Stopped: ", "Ctrl-C", "state nothing was touched", "inv status")
    assert ended.summary["status"] == "failed"
    assert [event for event in ended.events if event["event"] == "finished"] == []  # nobody waited for its end


def test_control_c_while_status_waits_for_a_host(silent: SilentHost) -> None:
    with silent.project.start("status") as process, silent.kept_waiting():
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=LESS_THAN_A_LOGIN)
    assert process.returncode == 1
    assert "Stopped: status" in told


def assert_one_screen(ended: Completed, *words: str) -> None:
    screen = ended.err.rstrip()
    assert len(screen.splitlines()) <= 24, screen
    assert "Traceback" not in screen
    folded = " ".join(screen.split())
    assert [word for word in words if word not in folded] == [], screen
