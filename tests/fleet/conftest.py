"""Several real servers: labs of Debian hosts, which go with the tests of a file."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fleet.served import Served
from tests.fleet.small_shop import small_shop
from tests.host.deploy.own_uv import OWN_UV
from tests.lab.faults import NoLabHere
from tests.lab.host import Host
from tests.lab.lab import Lab, Wanted
from tests.lab.labs import lab_of_this_run

HERE = Path(__file__).parent
PATIENCE = 600
"""Seconds; the first test may be the one that installs Debian."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="module")
def lab() -> Generator[Lab]:
    """Three hosts that can install nothing."""
    with started(Wanted(hosts=3)) as lab:
        yield lab


@pytest.fixture(scope="module")
def lab_with_packages() -> Generator[Lab]:
    """One host, in which apt, pip and uv work."""
    with started(Wanted(hosts=1, packages=True)) as lab:
        yield lab


@pytest.fixture
def hosts(lab: Lab) -> Iterator[tuple[Host, ...]]:
    """The three, as the test before left them, but reachable."""
    yield lab.hosts
    for host in lab.hosts:
        host.heal()


@pytest.fixture
def fresh_host(lab: Lab) -> Host:
    """One that nobody has touched yet."""
    host = lab.host("h1")
    host.reset()
    return host


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """A real server with the first release of a small shop live."""
    with started(Wanted(hosts=1, packages=True)) as lab:
        host = lab.host("h1")
        shutil.copy(OWN_UV, host.root / "usr/local/bin/uv")
        project = small_shop(tmp_path_factory.mktemp("shop"), host)
        project.inv("deploy")
        yield Served(host, project)


@contextmanager
def started(wanted: Wanted) -> Generator[Lab]:
    """A lab of this test run; skips the test, with the reason, where there can be none."""
    try:
        with lab_of_this_run(wanted) as lab:
            yield lab
    except NoLabHere as reason:
        pytest.skip(str(reason))
