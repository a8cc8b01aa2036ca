"""Queues are taken from old workers while tasks flow: what they began they end, and they begin nothing more."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.resources.actions.celery_queues import CancelQueues, ResumeQueues
from backline.resources.failure import Failure
from tests.host.supervisor.conftest import Listener, eventually

from .conftest import CELERY, Site, told

OLD = (("shop-old@here", "shop-old"),)


def cancel(site: Site, patience: float = 120.0) -> CancelQueues:
    return CancelQueues(*site.how, OLD, supervisor_socket=site.daemon.socket, patience=patience)


def resume(site: Site, *queues: str) -> ResumeQueues:
    nodes = (("shop-old@here", queues),)
    return ResumeQueues(*site.how, nodes, programs=OLD, supervisor_socket=site.daemon.socket)


def start_old(site: Site, queues: str = "default") -> None:
    site.begin(site.worker("shop-old", queues))
    site.ping("shop-old").perform(site.machine)


def test_old_worker_ends_what_it_has_and_begins_nothing_more(site: Site, machine: Machine) -> None:
    start_old(site)
    site.send(1, gate="finish")
    site.await_note("began 1 shop-old")
    assert cancel(site).perform(machine) == {"shop-old@here": ("default",)}
    site.send(2, 3)
    site.begin(site.worker("shop-new"))
    site.await_note("ended 3 shop-new")
    site.write("finish", "")
    site.await_note("ended 1 shop-old")
    assert sorted(line for line in site.journal() if "shop-old" in line) == ["began 1 shop-old", "ended 1 shop-old"]
    assert len(site.journal()) == 6


def test_taken_queues_are_given_back(site: Site, machine: Machine) -> None:
    start_old(site, "default,mail")
    cancel(site).perform(machine)
    site.send(1, queue="mail")
    given = resume(site, "default", "mail").perform(machine)
    assert set(given["shop-old@here"]) == {"default", "mail"}
    site.await_note("ended 1 shop-old")


def test_giving_and_taking_twice_is_the_same_as_once(site: Site, machine: Machine) -> None:
    start_old(site)
    assert resume(site, "default").perform(machine) == {"shop-old@here": ("default",)}
    cancel(site).perform(machine)
    assert cancel(site).perform(machine) == {"shop-old@here": ()}
    resume(site, "default").perform(machine)
    assert resume(site, "default").perform(machine) == {"shop-old@here": ("default",)}


def test_worker_without_named_queues_is_given_those_of_the_application(site: Site, machine: Machine) -> None:
    start_old(site)
    cancel(site).perform(machine)
    assert resume(site).perform(machine) == {"shop-old@here": ("default",)}


def test_worker_is_not_left_before_it_has_begun_what_it_took(site: Site, machine: Machine) -> None:
    """Told to end in between it gives the task back to the broker, and does it as well."""
    site.begin(site.worker("shop-old", pool="prefork"))
    site.ping("shop-old").perform(machine)
    children = children_of(site.daemon.pid("shop-old"))
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    site.send(1)
    eventually(machine, lambda: " received" in (site.daemon.root / "shop-old.log").read_text())
    with pytest.raises(Failure, match="after 10 s shop-old@here has taken 1 task and not begun"):
        cancel(site, patience=10.0).perform(machine)
    for pid in children:
        os.kill(pid, signal.SIGCONT)
    assert cancel(site).perform(machine) == {"shop-old@here": ()}
    assert site.journal() == ["began 1 shop-old", "ended 1 shop-old"]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_what_waits_behind_a_long_task_is_not_waited_for(site: Site, machine: Machine) -> None:
    """With prefetch, as another broker or an older Celery has it: it is given back when the worker has ended."""
    site.write("shop/celery.py", CELERY.replace("worker_disable_prefetch=True", "worker_prefetch_multiplier=2"))
    start_old(site)
    site.send(1, 2, gate="finish")
    site.await_note("began 1 shop-old")
    assert cancel(site).perform(machine) == {"shop-old@here": ("default",)}
    assert site.journal() == ["began 1 shop-old"]
    site.write("finish", "")


def test_worker_that_does_not_run_is_passed_over_with_a_note(site: Site, machine: Machine, listener: Listener) -> None:
    assert cancel(site).perform(machine) == {}
    assert resume(site, "default").perform(machine) == {}
    assert told(listener) == ["shop-old@here does not run (program shop-old), so it consumes nothing"] * 2


def test_process_that_runs_and_does_not_answer_is_a_failure(site: Site, machine: Machine) -> None:
    site.begin(site.daemon.program("shop-old"))
    eventually(machine, lambda: site.daemon.state("shop-old") == "RUNNING")
    with pytest.raises(Failure, match="no answer from shop-old@here within 1 s: nothing came back"):
        cancel(site, patience=1.0).perform(machine)
