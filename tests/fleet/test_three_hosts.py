"""docs/three-hosts.md, followed on three fresh servers; then what it does not show: who may do and read what there, a
switch in waves, and one that a server is lost in."""

from __future__ import annotations

import os
import re
import socket
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass

import pytest

from backline.inventory.load import load_inventory
from backline.inventory.vault import Vault
from backline.inventory.vault_password import vault_passwords
from backline.resources.secret import Secret
from backline.settings.expressions import Scope
from tests.fleet.conftest import started
from tests.fleet.connecting import DEPLOY
from tests.fleet.three_servers import DOCUMENT, NAMES, told_on
from tests.host.deploy.cutting import Deploy, eventually
from tests.host.deploy.project import DEADLINE, Project
from tests.host.documents.agreement import assert_still_said, recorded_commands
from tests.host.documents.recording import recorded
from tests.lab.host import Host
from tests.lab.lab import Lab, Wanted

WORKERS = {"worker1", "worker2"}
SEND = "from shop.tasks import pack_order; print(pack_order.delay('tea', 1).get(timeout=180)['worker'])"


@dataclass(frozen=True)
class Story:
    """The page as it was, what its commands say now, and the project that it left behind."""

    before: str
    now: str
    project: Project
    servers: dict[str, Host]

    def said(self, line: str) -> list[str]:
        """What each command that begins so said, in their order."""
        return [command.output for command in recorded_commands(self.now) if command.line.startswith(line)]


@pytest.fixture(scope="module")
def servers() -> Generator[Lab]:
    with started(Wanted(hosts=len(NAMES), packages=True)) as lab:
        yield lab


@pytest.fixture(scope="module")
def story(servers: Lab) -> Generator[Story]:
    before = DOCUMENT.read_text(encoding="utf-8")
    with told_on(servers) as scene:
        now = recorded(before, scene)
        project = Project(scene.checkout.folder, "prod", dict(scene.checkout.environment))
        yield Story(before, now, project, dict(zip(NAMES, servers.hosts, strict=True)))


def test_the_page_shows_what_is_said(story: Story) -> None:
    assert_still_said(story.before, story.now, "make servers")


def test_a_second_deploy_changes_nothing(story: Story) -> None:
    _, second, _ = story.said("inv deploy")
    assert re.findall(r"^  (\w+) +0 of \d+ changed", second, re.MULTILINE) == list(NAMES)


def test_a_task_that_the_web_server_sends_is_done_on_a_worker(story: Story) -> None:
    (said,) = story.said("inv manage")
    assert said.strip() in {f"default-r1@{worker}" for worker in WORKERS}


def test_the_workers_logs_are_one_in_the_order_of_time(story: Story) -> None:
    (said,) = story.said("inv tail-celery-log")
    lines = [re.split(r"[|\[,]", line, maxsplit=3) for line in said.splitlines()]
    assert {line[0].split()[0] for line in lines} == WORKERS
    times = [line[2] for line in lines]
    assert times == sorted(times)


def test_the_log_of_a_service_of_the_host_is_shown_where_it_is_named(story: Story) -> None:
    done = story.project.inv("logs", "--host", "web1", "--program", "redis", "--no-follow", "--json")
    assert {item["worker"] for item in done.events} == {"redis"}
    assert any(item["time"] for item in done.events)


def test_beat_runs_once_and_after_the_rollback_all_run_what_ran_before(story: Story) -> None:
    running = story.project.status()
    assert [one["host"] for one in running if one["kind"] == "beat"] == ["worker1"]
    assert {one["release"] for one in running if one["state"] != "STOPPING"} == {"r3"}
    assert live(story) == {"releases/3"}


@pytest.mark.parametrize("name", NAMES)
def test_neither_the_app_nor_the_deploy_user_can_change_what_runs(story: Story, name: str) -> None:
    for path in ("/srv/shop/releases/3/shop/settings.py", "/srv/shop/venvs", "/etc/supervisor/conf.d"):
        for user in ("shop", DEPLOY):
            tried = story.servers[name].execute("test", "-w", path, user=user, check=False)
            assert tried.returncode == 1, (path, user)


def test_redis_lets_nobody_in_without_the_password(story: Story) -> None:
    with socket.create_connection((story.servers["web1"].address, 6379), 30) as line:
        line.sendall(b"PING\r\n")
        assert line.recv(100).startswith(b"-NOAUTH")


def test_what_is_in_the_vault_is_shown_to_nobody(story: Story) -> None:
    """Not by what the story's commands said, nor by a file or a process that the login can look at."""
    vault = Vault(lambda: vault_passwords(story.project.environment["ANSIBLE_VAULT_PASSWORD_FILE"], lambda _: None))
    inventory = load_inventory(story.project.folder / "inventory", vault)
    scope = Scope(dict(inventory.host("web1").variables))
    for name in ("redis_password", "django_secret_key"):
        secret = scope.value(name)
        assert isinstance(secret, Secret)
        assert secret.reveal() not in story.now
        for server in story.servers.values():
            assert secret.reveal() not in " ".join(server.commands())
            search = ("grep", "-rlsF", secret.reveal(), "/etc", "/srv", "/opt", "/var/log", "/tmp")
            assert server.execute(*search, check=False).stdout != ""
            assert server.execute(*search, user=DEPLOY, check=False).stdout == ""


def test_all_switch_or_none(story: Story) -> None:
    """A server is cut off before the switch: nobody switches, and it cleans up by itself. Then all do, in waves."""
    project, lost_server = story.project, story.servers["worker2"]
    with Deploy(project, "--force") as deploy:
        deploy.until("watch")
        lost_server.cut()
        lost = deploy.ended()
    assert (lost.code, lost.summary["error"]["host"]) == (4, "worker2")
    assert {host["serves"] for host in lost.summary["hosts"].values()} == {"r3"}
    assert live(story) == {"releases/3"}
    assert front_page(story) == 200
    lost_server.heal()
    eventually(lambda: not any("-r4" in line for line in lost_server.commands()))
    sent = project.inv("manage", f'shell -c "{SEND}"', "--host", "web").out.splitlines()[-1]
    assert sent in {f"default-r3@{worker}" for worker in WORKERS}
    before = connections(story)
    last = project.on_host("deploy", "--force", "--batch", "1")
    assert last.summary["release"] == "r5"
    assert [one["host"] for one in last.events if (one["event"], one.get("step")) == ("started", "migrate")] == ["web1"]
    assert {name: count - before[name] for name, count in connections(story).items()} == dict.fromkeys(NAMES, 1)
    assert live(story) == {"releases/5"}


def connections(story: Story) -> dict[str, int]:
    return {name: server.traffic().connections for name, server in story.servers.items()}


def live(story: Story) -> set[str]:
    return {os.readlink(server.root / "srv/shop/current") for server in story.servers.values()}


def front_page(story: Story) -> int:
    request = urllib.request.Request(f"http://{story.servers['web1'].address}/", headers={"Host": "shop.example.com"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=DEADLINE) as answer:
        return int(answer.status)
