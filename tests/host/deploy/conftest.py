"""Hosts with the shop deployed: the sandbox, made once for the tests of a file, and an OpenSSH server's user."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from backline.commands.sandbox.processes import stop_processes
from tests.host.deploy.own_uv import folder_with_uv
from tests.host.deploy.project import Project, make_project, write_hosts
from tests.host.deploy.small_shop import put_small_shop
from tests.host.openssh import OpenSSHServer, free_port


@pytest.fixture(scope="module")
def sandbox() -> Generator[Project]:
    """A project whose sandbox is up, with nothing deployed yet. Short paths, since sockets have short names."""
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    root = Path(tempfile.mkdtemp(prefix="bs-"))
    environment = {"BACKLINE_SANDBOX_ROOT": str(root / "s"), "BACKLINE_SANDBOX_PATH": str(folder_with_uv(root))}
    project = make_project(folder, "sandbox", environment)
    project.set_for_all(app_trial_seconds=0)
    try:
        project.inv("sandbox.up")
        yield project
        project.inv("sandbox.down")
    finally:
        stop_processes(root / "s")
        for directory in (folder, root):
            shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def deployed(sandbox: Project) -> Project:
    """The sandbox with the shop's first release live."""
    sandbox.on_host("deploy")
    return sandbox


@pytest.fixture(scope="module")
def small(sandbox: Project) -> Project:
    """The same with a shop that does little, which costs a third of the example: for files of tests whose `deployed` it
    is, since nothing that they show is Django's."""
    put_small_shop(sandbox)
    sandbox.on_host("deploy")
    return sandbox


@pytest.fixture
def live(deployed: Project) -> Generator[Project]:
    """The same, and after the test the shop is as it was committed before; releases go on counting."""
    before = deployed.git("rev-parse", "HEAD")
    yield deployed
    deployed.git("reset", "--quiet", "--hard", before)
    deployed.git("clean", "--quiet", "-fd")


@pytest.fixture(scope="module")
def openssh_project(openssh_server: OpenSSHServer) -> Generator[Project]:
    """A project whose host is reached through a real sshd; its user's home is a short folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    home = Path(tempfile.mkdtemp(prefix="bh-"))
    project = make_project(folder, "web1")
    variables = {
        **openssh_server.variables,
        "app_root": str(home / "shop"),
        "nginx_listen": f"127.0.0.1:{free_port()}",
    }
    write_hosts(project, {"web1": variables})
    try:
        yield project
    finally:
        stop_processes(home)
        stop_processes(openssh_server.home)
        for directory in (folder, home):
            shutil.rmtree(directory, ignore_errors=True)
