"""The example as root on a fresh server: a system user, Debian's packages, code that the app cannot change."""

from __future__ import annotations

import subprocess
import urllib.request

import pytest

from backline.commands.demonstration import ordered
from backline.resources.failure import Conflict, Failure
from backline.resources.nginx_address import NginxAddress
from backline.resources.nginx_site import NginxSite
from tests.fleet.as_root import as_root
from tests.fleet.connecting import ROOT, lab_project
from tests.host.deploy.foretelling import changes, foretold, subjects
from tests.host.deploy.project import DEADLINE, Project
from tests.host.deploy.test_first_day import LIVE_ROUND_TRIPS, assert_everything_runs
from tests.lab.host import Host
from tests.lab.lab import Lab

NAME = "shop.example.com"
BROKER = "redis://127.0.0.1:6379/0"
ENVIRONMENT = {
    "DJANGO_SECRET_KEY": "only-for-the-lab-2mQ8xTz0RkWc7LbN4yHj9Es6Ua1GdPf35v",
    "DJANGO_DEBUG": "0",
    "DJANGO_ALLOWED_HOSTS": f"{NAME},{{{{ ansible_host }}}}",
    "DATABASE_URL": "sqlite:///{{ app_root }}/shared/db.sqlite3",
    "CELERY_BROKER_URL": BROKER,
    "CELERY_RESULT_BACKEND": BROKER,
    "SHOP_GREETING": "Hello from a real server",
}
SITE = "/etc/nginx/sites-enabled/backline-shop"
OURS = ("/srv/shop", "/opt/backline", SITE)
"""What there is of the shop on a host, beside its programs and its user."""


@pytest.fixture(scope="module")
def host(lab_with_packages: Lab) -> Host:
    return lab_with_packages.host("h1")


@pytest.fixture(scope="module")
def project(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return lab_project(
        tmp_path_factory.mktemp("system"),
        [host],
        ROOT,
        backline_rootless=False,
        web_hostnames=[NAME, host.address],
        app_environment=ENVIRONMENT,
        app_trial_seconds=0,
    )


def asked(host: Host, path: str, name: str = NAME) -> str:
    """What a visitor of the site is answered, at nginx's port."""
    request = urllib.request.Request(f"http://{host.address}{path}", headers={"Host": name})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=DEADLINE) as answer:
        return str(answer.read().decode())


def as_user(host: Host, line: str, user: str = "shop") -> subprocess.CompletedProcess[str]:
    """A line of shell as a user of the host; it may fail."""
    return host.execute("runuser", "-u", user, "--", "sh", "-c", line, check=False)


def supervised(host: Host) -> dict[str, str]:
    """What Debian's supervisorctl says: program → state."""
    lines = host.execute("supervisorctl", "status", check=False).stdout.splitlines()
    return {line.split()[0]: line.split()[1] for line in lines}


def test_a_day_on_a_server_of_root_s(host: Host, project: Project) -> None:
    """One story, since each step begins where the one before ended."""
    check = project.on_host("deploy", "--check")
    first = project.on_host("deploy")
    assert (first.summary["status"], first.summary["release"]) == ("deployed", "r1")
    foreseen = foretold(check)
    assert foreseen.resources == changes(first.events, "changed")
    assert foreseen.handlers == subjects(first.events, "handler", "done") == ("reload nginx",)
    assert {"user shop", "packages nginx", "packages redis-server", SITE} <= {name for name, _ in foreseen.resources}
    assert foreseen.started == tuple(sorted(supervised(host)))
    assert_everything_runs(project, "r1")
    assert set(supervised(host).values()) <= {"RUNNING", "STARTING"}
    assert ENVIRONMENT["SHOP_GREETING"] in asked(host, "/")
    assert "color" in asked(host, "/static/shop/shop.css")

    again = project.on_host("deploy").summary
    assert (again["status"], again["hosts"]["h1"]["changed"]) == ("live", 0)
    assert again["hosts"]["h1"]["round_trips"] <= LIVE_ROUND_TRIPS

    css = (project.shop / "shop/static/shop/shop.css").read_text()
    project.change("shop/static/shop/shop.css", css + "\n/* a change */\n")
    assert project.on_host("deploy").summary["release"] == "r2"
    back = project.on_host("rollback").summary
    assert (back["release"], back["hosts"]["h1"]["blobs_sent"]) == ("r3", 0)
    assert_everything_runs(project, "r3")
    assert "a change" not in asked(host, "/static/shop/shop.css")

    web = {name: pid for name, pid in project.pids().items() if "-web-" in name}
    assert project.on_host("restart-workers").summary["release"] == "r3"
    assert web.items() <= project.pids().items()
    assert supervised(host)["shop-celery-default-r3-2"] in ("STARTING", "RUNNING")  # Supervisor's first ten seconds


def test_a_visitor_s_order_is_packed_by_a_worker(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    done = ordered(f"http://{host.address}/")
    assert (done.worker, done.release) == ("default-r3-2@h1", "r3")


def test_manage_is_run_by_the_app_s_user(host: Host, project: Project) -> None:
    program = "import os; print(os.getuid(), os.environ['HOME'])"
    uid, home = project.inv("manage", f'shell --verbosity 0 -c "{program}"').out.split()[-2:]
    assert (uid, home) == (host.execute("id", "-u", "shop").stdout.strip(), "/srv/shop")


@pytest.mark.parametrize(
    "path",
    [
        *("/srv/shop", "/srv/shop/releases", "/srv/shop/releases/3", "/srv/shop/releases/3/shop/views.py"),
        *("/srv/shop/releases/3/.backline/static", "/srv/shop/releases/3/.backline/env", "/srv/shop/venvs"),
        *("/srv/shop/releases/3/.venv/bin", "/srv/shop/logs", "/etc/supervisor/conf.d", SITE, "/opt/backline/tools"),
    ],
)
def test_the_app_cannot_change_what_it_runs(host: Host, path: str) -> None:
    assert as_user(host, f"test -r {path}").returncode == 0
    assert as_user(host, f"test -w {path}").returncode == 1


def test_the_app_owns_nothing_but_its_data_and_sockets(host: Host) -> None:
    owned = host.execute("find", "/srv", "/opt", "-user", "shop").stdout.split()
    assert "/srv/shop/shared/db.sqlite3" in owned
    assert [path for path in owned if not path.startswith(("/srv/shop/shared", "/srv/shop/run"))] == []


def test_others_read_neither_the_environment_nor_the_data_and_reach_no_socket(host: Host) -> None:
    for path in ("/srv/shop/releases/3/.backline/env", "/srv/shop/shared/db.sqlite3", "/srv/shop/run/web.sock"):
        assert as_user(host, f"test -r {path}", "deploy").returncode == 1, path
    assert as_user(host, "ls /srv/shop/.backline").returncode != 0


def test_a_site_that_nginx_refuses_changes_nothing(host: Host) -> None:
    before = (host.root / SITE[1:]).read_text()
    with as_root(host) as root, pytest.raises(Failure, match="refuses the new content") as refused:
        root.apply(NginxSite(SITE, before + "\nserver { listen nonsense; }\n", "/etc/nginx/nginx.conf"))
    assert any("nonsense" in line for line in refused.value.lines)
    assert (host.root / SITE[1:]).read_text() == before
    assert not list((host.root / "etc/nginx").glob(".backline*"))
    assert ENVIRONMENT["SHOP_GREETING"] in asked(host, "/")


def test_an_address_that_somebody_else_has_is_refused_with_who_it_is(host: Host) -> None:
    """nginx itself would reload, go on as before, and say so in its log alone."""
    with as_root(host) as root:
        assert root.applied(NginxAddress("80", "nginx_listen")) == []
        with pytest.raises(Conflict, match=r"127\.0\.0\.1:6379, where nginx is to listen, is taken by pid \d+ .*redis"):
            root.apply(NginxAddress("127.0.0.1:6379", "nginx_listen"))


def test_it_is_removed_and_the_host_keeps_its_own(host: Host, project: Project) -> None:
    """The last, for obvious reasons."""
    check = project.on_host("remove", "--name", "shop", "--yes")
    assert check.summary["status"] == "removed"
    assert [path for path in OURS if (host.root / path[1:]).exists()] == []
    assert supervised(host) == {}
    assert host.execute("id", "shop", check=False).returncode != 0
    for service in ("nginx", "supervisor", "redis-server"):
        assert host.execute("service", service, "status", check=False).returncode == 0, service
    assert "Welcome to nginx" in asked(host, "/")
