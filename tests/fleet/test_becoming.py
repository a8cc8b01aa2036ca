"""Real servers: root by a user's sudo, other releases of Debian, and a server without any Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backline.fleet.interpreters import Interpreters
from backline.fleet.python_packages import install_python
from backline.fleet.starting import NoPython, Start
from backline.resources.failure import ExitCode
from backline.resources.secret import Secret
from backline.settings.connection import ConnectionSettings
from backline.transport.access import Access
from tests.fleet.connecting import DEPLOY, lab_project, settings_of
from tests.lab.host import Host
from tests.lab.lab import Lab

PASSWORD = "sesame, open"


def start_of(settings: ConnectionSettings, folder: Path) -> Start:
    return Start("h1", settings, Access(), Interpreters(folder / "interpreters"), lambda event: None)


def test_every_host_is_worked_on_as_root(hosts: tuple[Host, ...], tmp_path: Path) -> None:
    project = lab_project(tmp_path, hosts, DEPLOY, ansible_become=True)
    told = project.inv("ping", "--host", "all").out
    assert [f"root@{host.name}" in told for host in hosts] == [True, True, True], told
    assert project.inv("run", "id -un; echo $HOME", "--host", "h1").out.split() == [
        "h1",
        "|",
        "root",
        "h1",
        "|",
        "/root",
    ]


def test_a_sudo_that_asks_is_answered(fresh_host: Host, tmp_path: Path) -> None:
    fresh_host.execute("sh", "-c", f"echo '{DEPLOY}:{PASSWORD}' | chpasswd && sed -i s/NOPASSWD:// /etc/sudoers.d/*")
    project = lab_project(tmp_path, [fresh_host], DEPLOY, ansible_become=True)
    refused = project.inv("ping", check=False)
    assert refused.code == ExitCode.UNREACHABLE
    assert "--ask-become-pass" in refused.err
    settings = replace(settings_of(fresh_host, DEPLOY), become=True, become_password=Secret(PASSWORD))
    session = start_of(settings, tmp_path).session()
    session.close()
    assert session.facts.user == "root"


def test_a_host_without_python_is_given_one_from_its_packages(lab_with_packages: Lab, tmp_path: Path) -> None:
    host = lab_with_packages.host("h1")
    host.execute("apt-get", "purge", "-y", "python3*", "libpython3*")
    project = lab_project(tmp_path, [host], DEPLOY, ansible_become=True)
    told = project.inv("ping", check=False)
    assert told.code == ExitCode.UNREACHABLE
    assert "inv provision" in told.err
    assert host.execute("sh", "-c", "command -v python3", check=False).returncode != 0  # nothing was done about it

    plain = start_of(settings_of(host, DEPLOY), tmp_path)
    with pytest.raises(NoPython, match="may not install"):
        install_python(plain)
    start = start_of(replace(settings_of(host, DEPLOY), become=True), tmp_path)
    install_python(start)
    session = start.found()
    session.close()
    assert session.facts.python == "/usr/bin/python3"
    assert f"root@{host.name}" in project.inv("ping").out
    host.reset()
