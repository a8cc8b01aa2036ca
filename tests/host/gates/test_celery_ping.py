"""The gate of workers: passed only by the process that Supervisor started, and told why where there is none."""

from __future__ import annotations

import os
import signal

import pytest

from backline.agent.machine import Machine
from backline.resources.failure import Failure, Refused
from tests.host.supervisor.conftest import Listener, eventually

from .conftest import Site, told


def test_each_node_answers_with_its_pid_and_its_queues(site: Site, machine: Machine) -> None:
    site.begin(site.worker("shop-default"))
    site.begin(site.worker("shop-mail", queues="mail,slow"))
    default, mail = site.ping("shop-default", "shop-mail").perform(machine)
    assert (default.node, default.pid, default.queues) == (
        "shop-default@here",
        site.daemon.pid("shop-default"),
        ("default",),
    )
    assert (mail.pid, set(mail.queues)) == (site.daemon.pid("shop-mail"), {"mail", "slow"})


def test_worker_that_supervisor_started_anew_is_waited_for(site: Site, machine: Machine) -> None:
    site.begin(site.worker("shop-default", queues="default"))
    (before,) = site.ping("shop-default").perform(machine)
    eventually(machine, lambda: site.daemon.state("shop-default") == "RUNNING")  # so that its death is a respawn
    os.kill(before.pid, signal.SIGKILL)
    eventually(machine, lambda: site.daemon.pid("shop-default") not in (0, before.pid))
    (after,) = site.ping("shop-default").perform(machine)
    assert after.pid == site.daemon.pid("shop-default") != before.pid


def test_import_error_in_a_worker_is_told_with_its_line(site: Site, machine: Machine) -> None:
    site.write("shop/tasks.py", "import os\nfrom shop.paper import wrap\n")
    site.begin(site.worker("shop-default"))
    with pytest.raises(Refused) as refused:
        site.ping("shop-default").perform(machine)
    assert "No module named 'shop.paper' (shop/tasks.py:2)" in refused.value.cause
    assert any("ModuleNotFoundError" in line for line in refused.value.lines)


def test_import_error_in_the_application_is_told_with_its_line(site: Site, machine: Machine) -> None:
    site.begin(site.worker("shop-default"))
    site.write("shop/celery.py", "import teapot\n")
    with pytest.raises(Failure, match=r"No module named 'teapot' \(shop/celery.py:1\)"):
        site.ping("shop-default").perform(machine)


def test_broker_that_does_not_answer_is_named(site: Site, machine: Machine) -> None:
    site.write(".backline/run", f'#!/bin/sh\nexport BROKER="redis+socket://{site.directory}/none.sock"\nexec "$@"\n')
    site.begin(site.worker("shop-default"))
    with pytest.raises(Refused, match="no answer from shop-default@here within 2 s: .*[Cc]onnect") as refused:
        site.ping("shop-default", patience=2.0).perform(machine)
    assert refused.value.hint


def test_what_is_waited_for_is_said_once_while_it_is(
    site: Site, machine: Machine, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backline.resources.actions.celery_ping.ROUND", 0.5)
    site.write(".backline/run", f'#!/bin/sh\nexport BROKER="redis+socket://{site.directory}/none.sock"\nexec "$@"\n')
    site.begin(site.daemon.program("shop-default", "/bin/sleep", "1000", start_seconds=0))
    with pytest.raises(Refused):
        site.ping("shop-default", patience=3.0).perform(machine)
    (note,) = told(listener)
    assert "no worker answers yet: " in note
    assert "none.sock" in note
    assert note.endswith("3 s in all")


def test_worker_that_dies_while_it_is_waited_for_is_not_waited_for(site: Site, machine: Machine) -> None:
    """It lives longer than its startsecs, so Supervisor starts it again and again, and calls it RUNNING."""
    dying = "echo the tea is out; sleep 1.5; exit 7"
    site.begin(site.daemon.shell("shop-default", dying, directory=str(site.directory), start_seconds=1))
    eventually(machine, lambda: site.daemon.state("shop-default") == "RUNNING")
    with pytest.raises(Refused, match=r"shop-default does not stay up .*exit status 7") as refused:
        site.ping("shop-default", patience=60.0).perform(machine)
    assert "the tea is out" in refused.value.lines


def test_node_of_another_name_does_not_pass_the_gate(site: Site, machine: Machine) -> None:
    site.begin(site.worker("shop-default"))
    nodes = (("shop-other@here", "shop-default"),)
    with pytest.raises(Refused, match="no answer from shop-other@here"):
        type(site.ping())(*site.how, nodes, site.daemon.socket, 1.0).perform(machine)


def test_program_that_supervisor_does_not_know_is_refused(site: Site, machine: Machine) -> None:
    with pytest.raises(Refused, match="does not know the program shop-default"):
        site.ping("shop-default").perform(machine)
