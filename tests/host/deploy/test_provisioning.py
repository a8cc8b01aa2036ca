"""The roles without a deploy: provision makes them so and nothing else; render shows what stands there afterwards."""

from __future__ import annotations

import fcntl
import re
from pathlib import Path

import pytest

from tests.host.deploy.project import Project
from tests.host.deploy.screens import screen_of, untouched

HEADER = "── sandbox:"
KEY_IN_THE_ENVIRONMENT = re.compile(r"DJANGO_SECRET_KEY='[^']+'")
"""Its name says that nobody is shown it (settings/secret_names.py)."""


@pytest.fixture(scope="module")
def deployed(small: Project) -> Project:
    return small


def home(project: Project) -> Path:
    return Path(project.environment["BACKLINE_SANDBOX_ROOT"])


def last_of_ledger(project: Project) -> dict[str, object]:
    entry = project.on_host("history").document[-1]
    assert isinstance(entry, dict)
    return entry


# on a host where nothing was deployed yet; this comes first


def test_provision_makes_a_bare_host_ready(sandbox: Project) -> None:
    done = sandbox.on_host("provision")
    assert (done.summary["status"], done.summary["release"]) == ("provisioned", None)
    assert done.summary["hosts"]["sandbox"]["changed"] > 10
    assert {item["state"] for item in sandbox.status()} == {"RUNNING"}
    assert "\nthe roles are as they should be: nothing to do\n" in sandbox.inv("provision").out


# on one with a release


def test_provision_mends_the_role_that_is_named_and_no_other(deployed: Project) -> None:
    nginx = home(deployed) / ".backline/nginx-shop/nginx.conf"
    supervisor = home(deployed) / ".backline/supervisord.conf"
    good = nginx.read_text(), supervisor.read_text()
    for file in (nginx, supervisor):
        file.write_text(file.read_text() + "# somebody was here\n")
    with untouched(deployed):
        done = deployed.on_host("provision", "--role", "nginx")
        assert done.summary["hosts"]["sandbox"]["changed"] == 1
        assert (nginx.read_text(), supervisor.read_text() == good[1]) == (good[0], False)
        deployed.on_host("provision", "--role", "redis,supervisor")
        assert supervisor.read_text() == good[1]
    entry = last_of_ledger(deployed)
    assert (entry["status"], entry["release"]) == ("provisioned", None)
    assert "provision --role redis,supervisor --host sandbox" in str(entry["command"])


@pytest.mark.parametrize("command", ["provision", "render"])
def test_a_role_that_is_not_there_suggests_the_nearest(deployed: Project, command: str) -> None:
    done = deployed.inv(command, "--role", "ngnix", check=False)
    assert done.code == 2
    screen = screen_of(done)
    assert "ngnix, which is not a role; did you mean nginx?" in screen.text
    assert screen.next == f"inv {command} --role nginx"


def test_provision_waits_for_nobody_who_is_at_work(deployed: Project) -> None:
    lock = home(deployed) / "shop/.backline/lock"
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert deployed.inv("provision", check=False).code == 3


def test_what_render_shows_is_what_stands_on_the_host(deployed: Project) -> None:
    shown = deployed.inv("render").out
    place = shown.removeprefix(HEADER).partition("/.backline")[0]
    parts = [part.partition("\n") for part in shown.removeprefix(HEADER).split(f"\n{HEADER}")]
    files = {header.split("  ")[0]: (header.split("  ")[2], text) for header, _, text in parts}
    assert len(files) >= 10
    for path, (mode, text) in files.items():
        real = Path(path.replace(place, str(home(deployed))).replace("/N/", "/1/").replace("-rN", "-r1"))
        assert f"{real.stat().st_mode & 0o7777:04o}" == mode, path
        wanted = KEY_IN_THE_ENVIRONMENT.sub("DJANGO_SECRET_KEY='••••'", real.read_text().rstrip("\n"))
        for found, stands in ((str(home(deployed)), place), ("/1/", "/N/"), ("releases/1'", "releases/N'")):
            wanted = wanted.replace(found, stands)
        for found in ("for r1.", "-r1", "'r1'", "releases/1\n"):
            wanted = wanted.replace(found, found.replace("1", "N"))
        assert text.rstrip("\n") == wanted, path


def test_render_needs_no_host(deployed: Project) -> None:
    connection = deployed.folder / "inventory/host_vars/sandbox/connection.yml"
    away = connection.with_suffix(".away")
    connection.rename(away)
    try:
        guessed = deployed.inv("render", "--role", "nginx")
        assert guessed.out.startswith(f"{HEADER}/home/")
        assert re.search(r"sandbox: /home/\S+ is taken for the home directory; --home PATH names another", guessed.err)
        told = deployed.inv("render", "--role", "nginx", "--home", str(home(deployed)))
        assert (told.out.startswith(f"{HEADER}{home(deployed)}/"), told.err) == (True, "")
        assert deployed.inv("ping", check=False).code == 4
    finally:
        away.rename(connection)


def test_render_shows_how_files_differ_from_the_hosts(deployed: Project) -> None:
    alike = deployed.inv("render", "--diff")
    assert (alike.out, alike.err.count("none differs")) == ("", 1)
    conf = home(deployed) / ".backline/nginx-shop/nginx.conf"
    good = conf.read_text()
    conf.write_text(good.replace("server_tokens off;", "server_tokens on;"))
    variables = deployed.folder / "inventory/host_vars/sandbox/main.yml"
    before = variables.read_text()
    variables.write_text(before.replace('"Hello from the sandbox"', '"Hello from elsewhere"'))
    try:
        shown = deployed.inv("render", "--diff")
        assert deployed.inv("render", "--diff", "--role", "nginx").out.startswith(f"{HEADER}{conf}  content\n---")
    finally:
        conf.write_text(good)
        variables.write_text(before)
    headers = [line for line in shown.out.splitlines() if line.startswith(HEADER)]
    place = home(deployed) / "shop/releases/1/.backline/env"
    assert headers == [f"{HEADER}{conf}  content", f"{HEADER}{place}  content"]
    assert "+    server_tokens off;" in shown.out
    assert "+SHOP_GREETING='Hello from elsewhere'" in shown.out
    assert "of 11 files 2 differ" in shown.err
