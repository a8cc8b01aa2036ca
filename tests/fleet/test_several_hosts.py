"""Three real Debian servers: web and broker on h1, workers on h2 and h3; one deploy, one switch, or none."""

from __future__ import annotations

import os
import shutil
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fleet.conftest import started
from tests.fleet.connecting import DEPLOY, inventory_variables
from tests.host.deploy.cutting import Deploy, eventually
from tests.host.deploy.project import Project, make_project, write_hosts
from tests.lab.host import Host
from tests.lab.lab import Lab, Wanted

PORT, BROKER_PORT = 8080, 6379
ROLES = {"h1": ["redis", "web"], "h2": ["celery"], "h3": ["celery"]}
FORWARD = Path(__file__).with_name("forward.py")
SEND = "from shop.tasks import pack_order; print(pack_order.delay('tea', 1).get(timeout=60)['worker'])"


@pytest.fixture(scope="module")
def servers() -> Generator[Lab]:
    with started(Wanted(hosts=3, packages=True)) as lab:
        for host in lab.hosts:  # one whose pip knows the way to packages; uv must be told of it
            (host.root / "etc/uv/uv.toml").unlink(missing_ok=True)
        yield lab


@pytest.fixture
def project(servers: Lab, tmp_path: Path) -> Generator[Project]:
    """The example, with one broker for all three."""
    h1 = servers.host("h1")
    broker = f"redis://{h1.address}:{BROKER_PORT}/0"
    environment = {
        "DJANGO_SECRET_KEY": "only-for-this-lab-5v8Qm2xTz0RkWc7LbN4yHj9Es6Ua1GdPf3",
        "DJANGO_DEBUG": "0",
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATABASE_URL": "sqlite:///{{ app_root }}/shared/db.sqlite3",
        "CELERY_BROKER_URL": broker,
        "CELERY_RESULT_BACKEND": broker,
    }
    project = make_project(tmp_path, "all")
    write_hosts(
        project,
        {
            host.name: {
                **inventory_variables(host, DEPLOY),
                "backline_roles": ROLES[host.name],
                "nginx_listen": f"0.0.0.0:{PORT}",
                "app_environment": environment,
            }
            for host in servers.hosts
        },
    )
    with forwarding(h1):
        yield project


@contextmanager
def forwarding(host: Host) -> Iterator[None]:
    """Its broker can be reached by the others."""
    shutil.copy(FORWARD, host.root / "opt/forward.py")
    socket = "/home/deploy/.backline/redis.sock"
    command = f"setsid python3 /opt/forward.py {BROKER_PORT} {socket} </dev/null >/tmp/forward.log 2>&1 & echo $!"
    pid = host.execute("sh", "-c", command, user=DEPLOY).stdout.strip()
    try:
        yield
    finally:
        host.execute("kill", pid, check=False)


def front_page(host: Host) -> int:
    request = urllib.request.Request(f"http://{host.address}:{PORT}/", headers={"Host": "localhost"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return int(answer.status)


def live(lab: Lab) -> set[str]:
    return {os.readlink(host.root / "home/deploy/shop/current") for host in lab.hosts}


def test_a_day_on_three_servers(servers: Lab, project: Project) -> None:
    """One story, since each step begins where the one before ended."""
    h1 = servers.host("h1")
    first = project.on_host("deploy")
    assert (first.summary["status"], first.summary["release"]) == ("deployed", "r1")
    begun = [(one["step"], one["host"]) for one in first.events if one["event"] == "started"]
    assert [host for step, host in begun if step == "migrate"] == ["h1"]
    assert {host.traffic().connections for host in servers.hosts} == {1}
    assert front_page(h1) == 200
    beats = [one for one in project.status() if one["kind"] == "beat"]
    assert [one["host"] for one in beats] == ["h2"]

    pids = project.pids()
    again = project.on_host("deploy").summary
    assert (again["status"], again["release"]) == ("live", "r1")
    assert {host["changed"] for host in again["hosts"].values()} == {0}
    assert project.pids() == pids

    workers = {sent(project) for _ in range(12)}
    assert workers <= {"default-r1@h2", "default-r1@h3"}, workers

    restarted = project.on_host("restart-workers").summary
    assert restarted["release"] == "r1"
    assert front_page(h1) == 200
    assert sent(project) in {"default-r1-2@h2", "default-r1-2@h3"}
    tailed = project.inv("tail-celery-log", "--no-follow", "-n", "500", "--host", "all").out
    assert "default-r1-2@h2 ready" in tailed
    assert "default-r1-2@h3 ready" in tailed

    css = (project.shop / "shop/static/shop/shop.css").read_text()
    project.change("shop/static/shop/shop.css", css + "\n/* a change */\n")
    assert project.on_host("deploy", "--batch", "1").summary["release"] == "r2"
    assert live(servers) == {"releases/2"}
    assert project.on_host("rollback").summary["release"] == "r3"
    assert live(servers) == {"releases/3"}

    cut_before_the_switch(servers, project)


def cut_before_the_switch(servers: Lab, project: Project) -> None:
    """Nobody switches, and what served r3 serves; the host that was cut cleans up by itself."""
    h1, h3 = servers.host("h1"), servers.host("h3")
    with Deploy(project, "--force") as deploy:
        deploy.until("watch")
        h3.cut()
        lost = deploy.ended()
    assert lost.code == 4
    assert lost.summary["error"]["host"] == "h3"
    assert live(servers) == {"releases/3"}
    assert {host["serves"] for host in lost.summary["hosts"].values()} == {"r3"}
    assert front_page(h1) == 200
    h3.heal()
    eventually(lambda: not any("-r4" in line for line in h3.commands()))
    assert sent(project) in {"default-r3@h2", "default-r3@h3"}
    assert project.on_host("deploy", "--force").summary["release"] == "r5"
    assert live(servers) == {"releases/5"}


def sent(project: Project) -> str:
    """Send a task on h1; returns the worker that has run it."""
    done = project.inv("manage", f'shell -c "{SEND}"', "--host", "h1")
    return done.out.splitlines()[-1]
