"""Supervisor, ports, brokers and clocks of a real server that are not as they should be: told, or mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from tests.fleet.served import Served
from tests.fleet.small_shop import ENVIRONMENT
from tests.host.deploy.cutting import eventually
from tests.host.deploy.screens import Screen, refused

FAILED, REFUSED = 1, 6
TAKEN_PORT = 8081
BROKEN = {
    "[program:theirs\ncommand=/bin/true\n": "File contains no section headers.",
    "[program:theirs]\ncommand=/bin/cat\nautostart=maybe\n": "not a valid boolean value: 'maybe'",
}
TAKER = f"import socket,time; s = socket.create_server(('0.0.0.0', {TAKEN_PORT})); time.sleep(600)"
DYING_WEB = "import os\nprint('the tea is out', flush=True)\nos._exit(9)\n"


@contextmanager
def variables(served: Served, **values: object) -> Iterator[None]:
    """The host has these besides."""
    import json

    place = served.project.folder / "inventory/host_vars/h1/zz-besides.yml"
    place.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items()))
    try:
        yield
    finally:
        place.unlink()


def turned_down(served: Served, step: str, code: int = FAILED, command: str = "deploy") -> Screen:
    """A command that must fail; what serves is not touched, and nothing is left."""
    with served.untouched():
        words = (command, "--force") if command == "deploy" else (command,)
        screen = refused(served.project, *words, code=code, host="h1", step=step, root=served.host.root)
    return screen


@pytest.mark.parametrize("text", BROKEN, ids=["no section", "no boolean"])
def test_another_team_s_broken_file_is_named(served: Served, text: str) -> None:
    theirs = served.host.root / "etc/supervisor/conf.d/theirs.conf"
    theirs.write_text(text)
    try:
        screen = turned_down(served, "take stock")
    finally:
        theirs.unlink()
    assert f"Supervisor cannot read a program's file: {BROKEN[text]}" in screen.text
    assert "/etc/supervisor/conf.d/theirs.conf" in screen.text
    assert screen.next.startswith("mend that file, or move it away:")


@pytest.mark.parametrize("command", ["deploy", "restart-workers"])
def test_who_may_not_speak_to_what_is_root_s_is_told_to_become_root(served: Served, command: str) -> None:
    """Lock, files and the socket of Supervisor are root's alone."""
    with variables(served, ansible_become=False):
        screen = turned_down(served, "take stock" if command == "deploy" else "look", command=command)
    assert "Permission denied" in screen.text
    assert "ansible_become" in screen.next


def test_a_port_in_use_is_named_with_who_has_it(served: Served) -> None:
    command = f'setsid python3 -c "{TAKER}" </dev/null >/dev/null 2>&1 & echo $!'
    pid = served.host.execute("sh", "-c", command).stdout.strip()
    try:
        eventually(lambda: f":{TAKEN_PORT} " in served.host.execute("ss", "-ltn").stdout)
        with variables(served, nginx_listen=str(TAKEN_PORT)):
            screen = turned_down(served, "take stock")
    finally:
        served.host.execute("kill", pid)
    assert f"{TAKEN_PORT}, where nginx is to listen, is taken by pid {pid} (python3" in screen.text
    assert screen.next.startswith("end that, or give nginx another address: nginx_listen")


def test_a_broker_that_is_down_is_named_while_it_is_waited_for_and_afterwards(served: Served) -> None:
    away = {**ENVIRONMENT, "CELERY_BROKER_URL": "redis://127.0.0.1:1/0"}
    with variables(served, celery_patience=15, app_environment=away), served.untouched():
        done = served.project.inv("deploy", "--force", "--json", check=False)
    assert done.code == REFUSED
    said = "Error 111 connecting to 127.0.0.1:1. Connection refused."
    assert said in done.summary["error"]["cause"]
    notes = [event["text"] for event in done.events if event["event"] == "note"]
    assert [said in note for note in notes if "no worker answers yet" in note] == [True]


def test_a_web_that_dies_again_and_again_is_not_waited_for(served: Served) -> None:
    served.project.change("shop/wsgi.py", DYING_WEB)
    with variables(served, web_patience=3600):
        screen = turned_down(served, "start web", REFUSED)
    served.project.git("reset", "--quiet", "--hard", "HEAD~1")
    assert "its processes die" in screen.text
    assert "exited with code 9" in screen.text
    assert "/srv/shop/logs/shop-web-" in screen.next


def test_a_supervisor_that_does_not_run_is_started_and_what_it_ran_runs_again(served: Served) -> None:
    live = served.live
    served.host.execute("/etc/init.d/supervisor", "stop")
    eventually(lambda: not any("bin/supervisord" in command for command in served.host.commands()))
    told = served.project.inv("status")
    assert f"{live} is live, but nothing of it runs; what starts it:  inv provision --host h1" in told.err
    done = served.project.inv("deploy", "--json").summary
    assert done["hosts"]["h1"]["changed"] == 1
    assert served.live == done["release"]
    assert all(item["proved"] for item in served.project.status())


@pytest.mark.parametrize(("off", "words"), [("-1d", ("deploy", "--force")), ("+1d", ("restart-workers",))])
def test_a_clock_that_is_a_day_off_misleads_nobody(served: Served, off: str, words: tuple[str, ...]) -> None:
    """The agent's; Supervisor's is right. The ledger has the controller's time."""
    served.host.execute("apt-get", "install", "--yes", "faketime")
    python = served.host.root / f"usr/local/bin/python3{off}"
    python.write_text(f'#!/bin/sh\nFAKETIME_DONT_FAKE_MONOTONIC=1 exec faketime -f {off} /usr/bin/python3 "$@"\n')
    python.chmod(0o755)
    with variables(served, ansible_python_interpreter=f"/usr/local/bin/python3{off}", app_trial_seconds=2):
        done = served.project.inv(*words, "--json").summary
        assert done["status"] == "deployed"
        assert all(item["proved"] for item in served.project.status() if item["state"] != "STOPPING")
        again = served.project.inv("deploy", "--json").summary
        assert (again["status"], again["hosts"]["h1"]["changed"]) == ("live", 0)
        assert "ready." in served.project.inv("tail-celery-log", "--no-follow").out
        (*_, last) = served.project.on_host("history").document
    told = "import datetime; print(datetime.date.today())"
    assert served.host.execute(f"/usr/local/bin/python3{off}", "-c", told).stdout.strip() != date.today().isoformat()
    assert last["at"].startswith(date.today().isoformat())
    assert served.left() == []
