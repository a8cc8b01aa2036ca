"""A line that is cut and a controller that is killed are noticed on both sides; nothing is left behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from backline.resources.failure import ExitCode, Unreachable
from tests.fleet.connecting import DEPLOY, ROOT, connected, lab_project
from tests.host.deploy.project import DEADLINE
from tests.host.engine.processes import eventually, shell
from tests.lab.host import Host

LONG = "sleep 601"
AGENT = "python3 -I -S -c"
"""How its command line begins, as the host's /proc shows it."""


def runs(host: Host, words: str) -> bool:
    return any(words in command for command in host.commands())


def is_at_work(host: Host) -> bool:
    """An agent is there, and what it was told to run."""
    return runs(host, LONG) and runs(host, AGENT)


def is_clean(host: Host) -> bool:
    return not runs(host, LONG) and not runs(host, AGENT)


@pytest.mark.parametrize("user", [ROOT, DEPLOY])
def test_host_that_is_cut_off_in_the_middle_is_noticed_and_works_again_when_healed(fresh_host: Host, user: str) -> None:
    with connected(fresh_host, user) as there:
        running = there.session.begin(shell(f"exec {LONG}"), step="migrate")
        eventually(lambda: is_at_work(fresh_host))
        fresh_host.cut()
        with pytest.raises(Unreachable) as caught:
            running.result()
    assert (caught.value.host, caught.value.step) == ("h1", "migrate")
    eventually(lambda: is_clean(fresh_host))
    fresh_host.heal()
    with connected(fresh_host, user) as again:
        again.session.perform(shell("true"))


def test_what_was_cut_off_is_not_called_untouched(hosts: tuple[Host, ...], tmp_path: Path) -> None:
    project = lab_project(tmp_path, hosts, DEPLOY)
    with project.start("run", LONG, "--host", "h1") as controller:
        eventually(lambda: is_at_work(hosts[0]))
        hosts[0].cut()
        _, told = controller.communicate(timeout=DEADLINE)
    assert controller.returncode == ExitCode.UNREACHABLE
    assert told.startswith("Unreachable: h1 · run line\n")
    assert "state  the host ends by itself what this command had begun there" in told
    assert "nothing was touched" not in told


def test_other_hosts_of_the_run_do_not_notice(hosts: tuple[Host, ...]) -> None:
    with connected(hosts[0], ROOT) as cut, connected(hosts[1], ROOT) as whole:
        lost = cut.session.begin(shell(f"exec {LONG}"))
        eventually(lambda: is_at_work(hosts[0]))
        hosts[0].cut()
        with pytest.raises(Unreachable):
            lost.result()
        whole.session.perform(shell("true"))


@pytest.mark.parametrize("user", [ROOT, DEPLOY])
def test_killed_controller_leaves_no_agent_and_no_command_behind(
    hosts: tuple[Host, ...], tmp_path: Path, user: str
) -> None:
    project = lab_project(tmp_path, hosts, user)
    with project.start("run", LONG, "--host", "all") as controller:
        try:
            eventually(lambda: all(map(is_at_work, hosts)))
        finally:
            os.kill(controller.pid, signal.SIGKILL)
    eventually(lambda: all(map(is_clean, hosts)))
