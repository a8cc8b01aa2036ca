"""The roles of a host without root, put on this one: made, nothing to do, in use, and gone again."""

from __future__ import annotations

import http.client
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from backline.resources.failure import Failure
from backline.resources.file import File
from backline.resources.plan import Entry
from backline.resources.resource import Resource
from backline.resources.supervisor_rpc import Supervisor
from backline.roles import app, nginx, supervisor, virtualenv
from backline.settings.app import App, SupervisorPaths
from backline.settings.app_settings import AppSettings
from tests.host.applying import ThisHost, this_host
from tests.host.openssh import free_port
from tests.unit.shop import shop

__all__ = ["this_host"]

SECONDS = 120.0
ACCOUNT = "root" if os.geteuid() == 0 else "deploy"


@dataclass(frozen=True)
class RootlessHost:
    """A home in which nothing is yet."""

    app: App
    supervisor: SupervisorPaths
    port: int

    def resources(self, *hostnames: str) -> list[Resource | Entry]:
        own = AppSettings(self.app, self.supervisor, "shop", "examples/shop", "shop.settings")
        site = nginx.NginxSettings(self.app, self.supervisor, hostnames, f"127.0.0.1:{self.port}")
        return [
            *app.resources(own),
            *virtualenv.resources(virtualenv.VirtualenvSettings(self.app, self.supervisor)),
            *supervisor.resources(supervisor.SupervisorSettings(self.app, self.supervisor, ACCOUNT)),
            *nginx.resources(replace(site, nginx_account=ACCOUNT, nginx_worker_processes="1")),
        ]

    def status(self, name: str) -> int:
        """What nginx answers to a request for a name; 0 where it hangs up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request("GET", "/", headers={"Host": name})
            return connection.getresponse().status
        except http.client.RemoteDisconnected:
            return 0
        finally:
            connection.close()


@pytest.fixture
def rootless(monkeypatch: pytest.MonkeyPatch) -> Iterator[RootlessHost]:
    home = tempfile.mkdtemp(prefix="backline-", dir="/tmp")
    own = f"{home}/.backline"
    paths = SupervisorPaths(
        socket=f"{own}/supervisor.sock",
        include_directory=f"{own}/supervisor.d",
        configuration=f"{own}/supervisord.conf",
        python=f"{own}/tools/supervisor-python",
    )
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    yield RootlessHost(shop(f"{home}/shop", home=home), paths, free_port())
    end(Path(f"{own}/supervisord.pid"))
    shutil.rmtree(home)


def end(pid_file: Path) -> None:
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    os.kill(pid, 15)
    deadline = time.monotonic() + SECONDS
    while pid_file.exists():
        assert time.monotonic() < deadline, "supervisord does not end"
        time.sleep(0.05)


def applied(host: ThisHost, items: list[Resource | Entry]) -> list[str]:
    """Apply in order, then run what was notified; returns the subjects that changed."""
    changed = []
    for item in items:
        entry = item if isinstance(item, Entry) else Entry(item)
        if host.apply(entry.resource):
            changed.append(entry)
    for handler in (handler for entry in changed for handler in entry.notify):
        handler.action.perform(host.machine)
    return [entry.resource.subject for entry in changed]


def test_a_bare_home_is_set_up_and_then_there_is_nothing_to_do(this_host: ThisHost, rootless: RootlessHost) -> None:
    assert "shop-nginx" in applied(this_host, rootless.resources())
    assert applied(this_host, rootless.resources()) == []
    assert rootless.status("anything") == 502


def test_a_change_of_names_is_read_while_nginx_goes_on(this_host: ThisHost, rootless: RootlessHost) -> None:
    applied(this_host, rootless.resources())
    before = Supervisor(rootless.supervisor.socket).process("shop-nginx")
    assert applied(this_host, rootless.resources("shop.example.com")) == [
        f"{rootless.app.home}/.backline/nginx-shop/nginx.conf"
    ]
    deadline = time.monotonic() + SECONDS
    while rootless.status("other.example.com"):
        assert time.monotonic() < deadline, "nginx has not read its configuration again"
        time.sleep(0.05)
    assert rootless.status("shop.example.com") == 502
    after = Supervisor(rootless.supervisor.socket).process("shop-nginx")
    assert before is not None
    assert after is not None
    assert after.pid == before.pid


def test_a_file_that_nginx_refuses_never_takes_effect(this_host: ThisHost, rootless: RootlessHost) -> None:
    applied(this_host, rootless.resources())
    configuration = f"{rootless.app.home}/.backline/nginx-shop/nginx.conf"
    (good,) = (item.resource for item in rootless.resources() if isinstance(item, Entry))
    assert isinstance(good, File)
    with pytest.raises(Failure, match="refuses the new content") as refused:
        this_host.apply(replace(good, content="daemon off;\nevents {}\nhttp { servre {} }\n"))
    assert 'unknown directive "servre"' in " ".join(refused.value.lines)
    assert Path(configuration).read_text() == good.content
    assert applied(this_host, rootless.resources()) == []
