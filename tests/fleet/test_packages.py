"""Packages and services of a real server: installed in one go, asked for once, foreseen before they are there."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from backline.agent.steps.apply import Apply
from backline.resources.actions.service_order import Order, ServiceOrder
from backline.resources.directory import Directory
from backline.resources.failure import Failure
from backline.resources.file import File
from backline.resources.packages import Packages
from backline.resources.plan import Entry, Handler, Plan
from backline.resources.system_service import Boot, State, SystemService
from tests.fleet.as_root import AsRoot, as_root
from tests.lab.host import Host
from tests.lab.lab import Lab

NGINX = Packages(
    ("nginx-light", "bc"),
    brings=(Directory("/etc/nginx/conf.d"), SystemService("nginx"), File("/usr/bin/bc", "", 0o755)),
)
OURS = File("/etc/nginx/conf.d/shop.conf", "server_tokens off;\n", validate=("nginx", "-t"))


@pytest.fixture
def root(lab_with_packages: Lab) -> Generator[AsRoot]:
    (host,) = lab_with_packages.hosts
    host.reset()
    with as_root(host) as root:
        yield root


@pytest.fixture(scope="module")
def with_nginx(lab_with_packages: Lab) -> Host:
    (host,) = lab_with_packages.hosts
    host.reset()
    with as_root(host) as root:
        root.apply(NGINX)
    return host


def test_packages_and_what_builds_on_them_are_foreseen_and_made(root: AsRoot) -> None:
    """From the lists of packages of the image, which are of another day."""
    assert root.settles(NGINX, OURS, SystemService("nginx"))
    assert root.host.execute("dpkg-query", "--show", "--showformat", "${db:Status-Status}", "bc").stdout == "installed"
    assert root.host.execute("service", "nginx", "status", check=False).returncode == 0


def test_package_that_was_removed_with_its_configuration_kept_is_not_installed(root: AsRoot) -> None:
    root.apply(Packages(("logrotate",)))
    root.host.execute("apt-get", "remove", "--yes", "logrotate")
    assert root.settles(Packages(("logrotate",)))


def test_package_that_does_not_exist_is_named(root: AsRoot) -> None:
    with pytest.raises(Failure, match="cannot install no-such-thing") as refused:
        root.apply(Packages(("no-such-thing",)))
    assert any("no-such-thing" in line for line in refused.value.lines)


def test_service_that_does_not_exist_is_a_failure(root: AsRoot) -> None:
    with pytest.raises(Failure, match="no service nginx"):
        root.foreseen(SystemService("nginx"))


COUNTING = """#!/bin/sh
echo asked >>/var/tmp/asked
exec /usr/bin/dpkg-query.real "$@"
"""


def test_many_packages_are_one_question(with_nginx: Host) -> None:
    """Counted by a script in front of the program that is asked."""
    names = ("bc", "cron", "logrotate", "procps", "rsync", "sudo", "supervisor", "openssh-server")
    program = with_nginx.root / "usr/bin/dpkg-query"
    program.rename(program.with_name("dpkg-query.real"))
    program.write_text(COUNTING)
    program.chmod(0o755)
    with as_root(with_nginx) as root:
        assert root.apply(*(Packages((name,)) for name in names)).unchanged == len(names)
    assert (with_nginx.root / "var/tmp/asked").read_text() == "asked\n"


@pytest.mark.parametrize("state", State.ALL)
@pytest.mark.parametrize("boot", Boot.ALL)
def test_service_is_as_it_should_be(with_nginx: Host, state: str, boot: str) -> None:
    service = SystemService("nginx", state, boot)
    with as_root(with_nginx) as root:
        root.apply(SystemService("nginx", *others(state, boot)))
        assert root.settles(service)
        assert (root.host.execute("service", "nginx", "status", check=False).returncode == 0) == (
            state == State.RUNNING
        )
        links = [link.name for link in (root.host.root / "etc/rc3.d").iterdir() if link.name.endswith("nginx")]
        assert [name[0] for name in links] == ["S" if boot == Boot.ENABLED else "K"]


def others(state: str, boot: str) -> tuple[str, str]:
    return next(one for one in State.ALL if one != state), next(one for one in Boot.ALL if one != boot)


@pytest.mark.parametrize("order", [Order.RELOAD, Order.RESTART])
def test_service_takes_a_handlers_order(with_nginx: Host, order: str) -> None:
    file = File("/etc/nginx/conf.d/shop.conf", f"add_header x-order {order};\n", validate=("nginx", "-t"))
    handler = Handler(f"{order} nginx", ServiceOrder("nginx", order))
    with as_root(with_nginx) as root:
        root.apply(SystemService("nginx"))
        before = (root.host.root / "run/nginx.pid").read_text()
        root.there.session.perform(Apply(Plan((Entry(file, (handler,)),))))
        assert ((root.host.root / "run/nginx.pid").read_text() == before) == (order == Order.RELOAD)


def test_service_that_does_not_obey_is_a_failure_with_its_words(with_nginx: Host) -> None:
    (with_nginx.root / "etc/nginx/conf.d/broken.conf").write_text("nonsense;\n")
    try:
        with as_root(with_nginx) as root, pytest.raises(Failure, match="nginx does not reload"):
            root.there.session.perform(ServiceOrder("nginx", Order.RELOAD))
    finally:
        (with_nginx.root / "etc/nginx/conf.d/broken.conf").unlink()
