"""Three servers are reached at once, by root and by a user, with one connection and one command each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backline.agent.facts import Facts
from backline.resources.failure import ExitCode
from tests.fleet.connecting import DEPLOY, ROOT, connected, lab_project
from tests.lab.host import Host

HOMES = {ROOT: "/root", DEPLOY: "/home/deploy"}


@pytest.mark.parametrize("user", [ROOT, DEPLOY])
def test_hosts_tell_what_they_are(hosts: tuple[Host, ...], user: str) -> None:
    def facts(host: Host) -> Facts:
        with connected(host, user) as there:
            return there.session.facts

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(facts, hosts))
    assert [one.hostname for one in found] == ["h1", "h2", "h3"]
    assert {(one.distribution, one.distribution_version, one.init) for one in found} == {("debian", "12", "lab-init")}
    assert {(one.user, one.uid == 0, one.home) for one in found} == {(user, user == ROOT, HOMES[user])}
    assert {(one.python, one.python_version[:5]) for one in found} == {("/usr/bin/python3", "3.11.")}


@pytest.mark.parametrize("user", [ROOT, DEPLOY])
def test_ping_makes_one_connection_and_one_command_on_each_host(
    hosts: tuple[Host, ...], tmp_path: Path, user: str
) -> None:
    project = lab_project(tmp_path, hosts, user)
    before = [host.traffic() for host in hosts]
    told = project.inv("ping", "--host", "all").out
    after = [host.traffic() for host in hosts]
    assert [f"{user}@{host.name}" in told for host in hosts] == [True, True, True], told
    assert [new.connections - old.connections for old, new in zip(before, after, strict=True)] == [1, 1, 1]
    assert [new.channels - old.channels for old, new in zip(before, after, strict=True)] == [1, 1, 1]


def test_host_that_cannot_be_reached_is_named(hosts: tuple[Host, ...], tmp_path: Path) -> None:
    project = lab_project(tmp_path, hosts, ROOT, ansible_ssh_timeout=3)
    hosts[1].cut()
    refused = project.inv("ping", "--host", "all", check=False)
    assert refused.code == ExitCode.UNREACHABLE
    assert hosts[1].address in refused.err
    assert hosts[0].address not in refused.err
    assert ["root@h1" in refused.out, "root@h3" in refused.out] == [True, True]  # one does not hide the others
    hosts[2].cut()
    both = project.inv("ping", "--host", "all", check=False).err
    assert [host.address in both for host in hosts] == [False, True, True]
    hosts[1].heal()
    hosts[2].heal()
    assert "root@h2" in project.inv("ping", "--host", "all").out
