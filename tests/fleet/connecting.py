"""Ways to a lab host: by a session of ours, and by a project whose inventory has it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from backline.settings.connection import ConnectionSettings
from backline.transport.ssh import open_ssh
from tests.host.deploy.project import Project, make_project, write_hosts
from tests.host.engine.conftest import Connected
from tests.lab.host import Host

ROOT, DEPLOY = "root", "deploy"


def settings_of(host: Host, user: str) -> ConnectionSettings:
    return ConnectionSettings(
        connection="ssh",
        host=host.address,
        port=22,
        user=user,
        key_file=str(host.key),
        known_hosts_file=str(host.known_hosts),
    )


@contextmanager
def connected(host: Host, user: str) -> Generator[Connected]:
    """A session over real OpenSSH, with a tap on its wire."""
    found = Connected(lambda command, first: open_ssh(settings_of(host, user), command, first=first), name=host.name)
    try:
        yield found
    finally:
        found.session.close()


def lab_project(folder: Path, hosts: Iterable[Host], user: str, **more: object) -> Project:
    """The example with these hosts as its inventory; `more` are variables of each."""
    project = make_project(folder, "all")
    write_hosts(project, {host.name: {**inventory_variables(host, user), **more} for host in hosts})
    return project


def inventory_variables(host: Host, user: str) -> dict[str, object]:
    return {
        "ansible_host": host.address,
        "ansible_user": user,
        "ansible_ssh_private_key_file": str(host.key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={host.known_hosts}",
    }
