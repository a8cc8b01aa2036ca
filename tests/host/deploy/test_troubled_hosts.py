"""A host on which something else is wrong: it is named on one screen, and what serves is not touched by the attempt."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.resources.supervisor_rpc import Supervisor
from tests.host.deploy.cutting import SandboxHost, untouched
from tests.host.deploy.project import Project
from tests.host.deploy.screens import refused

FAILED, USAGE, REFUSED = 1, 2, 6
ALL = "inventory/group_vars/all.yml"
SANDBOX = "inventory/host_vars/sandbox/main.yml"
NEXT_GENERATION = "r1-2"
BROKEN = {
    "[program:theirs\ncommand=/bin/true\n": "File contains no section headers.",
    "[program:theirs]\ncommand=/bin/cat\nautostart=maybe\n": "not a valid boolean value: 'maybe'",
}


@pytest.fixture(scope="module")
def deployed(small: Project) -> Project:
    return small


@contextmanager
def taken_port(project: Project) -> Iterator[str]:
    """Somebody listens where nginx is told to; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        project.replace(SANDBOX, "backline_rootless: true\n", f'backline_rootless: true\nnginx_listen: "{address}"\n')
        yield address
    project.git("checkout", "--quiet", SANDBOX)


def test_a_port_in_use_is_named_before_anything_is_deployed(sandbox: Project) -> None:
    with taken_port(sandbox) as address:
        screen = refused(sandbox, "deploy", code=FAILED, host="sandbox", step="take stock")
    assert f"{address}, where shop-nginx is to listen, is taken by pid {os.getpid()} (" in screen.text
    assert screen.state == "nothing was deployed; what served goes on serving"
    assert screen.next == "end that, or give shop-nginx another address: nginx_listen\nthen:  inv deploy"


def test_a_port_in_use_is_named_while_nginx_serves_at_its_own(live: Project) -> None:
    """nginx itself would go on at the old port, and not start the next time."""
    host = SandboxHost(live)
    configuration = host.home / ".backline/nginx-shop/nginx.conf"
    before = configuration.read_text()
    with untouched(host, NEXT_GENERATION), taken_port(live) as address:
        screen = refused(live, "restart-workers", code=FAILED, host="sandbox", step="take stock")
        assert configuration.read_text() == before
    assert f"{address}, where shop-nginx is to listen, is taken by pid {os.getpid()} (" in screen.text


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("command", ["deploy", "restart-workers", "provision"])
def test_somebody_elses_broken_file_for_supervisor_is_named(live: Project, command: str, text: str) -> None:
    host = SandboxHost(live)
    theirs = host.home / ".backline/supervisor.d/theirs.conf"
    step = "converge roles" if command == "provision" else "take stock"
    theirs.write_text(text)
    try:
        with untouched(host, NEXT_GENERATION):
            screen = refused(live, command, code=FAILED, host="sandbox", step=step)
    finally:
        theirs.unlink()
    assert f"Supervisor cannot read a program's file: {BROKEN[text]}" in screen.text
    assert str(theirs) in screen.text
    assert screen.next.splitlines() == [
        "mend that file, or move it away:",
        "until then this supervisord takes no change to any program",
        f"then:  inv {command}",
    ]


def test_a_variable_that_a_template_does_not_get_is_named_with_the_templates_line(live: Project) -> None:
    ours = Path(__file__).resolve().parents[3] / "templates/nginx.conf.j2"
    (live.folder / "templates").mkdir()
    own = live.folder / "templates/nginx.conf.j2"
    own.write_text(ours.read_text().replace("listen {{ listen }}", "listen {{ lissten }}"))
    place = live.line_of("templates/nginx.conf.j2", "lissten")
    with untouched(SandboxHost(live), NEXT_GENERATION):
        screen = refused(live, "restart-workers", code=USAGE, host="sandbox", step="take stock")
    assert f"{place}: 'lissten' is undefined" in screen.text
    assert screen.next == "correct this\nthen:  inv restart-workers"


def test_a_variable_that_nobody_sets_is_named_with_the_line_that_uses_it(live: Project) -> None:
    live.replace(SANDBOX, "{{ app_root }}", "{{ app_rot }}")
    place = live.line_of(SANDBOX, "app_rot")
    with untouched(SandboxHost(live), NEXT_GENERATION):
        screen = refused(live, "restart-workers", code=USAGE, host="sandbox", step="check variables")
    assert (
        f"{place}: app_environment.DATABASE_URL uses app_rot, which is not set; did you mean app_root?" in screen.text
    )


def test_a_worker_that_there_is_not_is_answered_with_the_nearest(live: Project) -> None:
    with untouched(SandboxHost(live), NEXT_GENERATION):
        screen = refused(live, "restart-workers", "--worker", "mial", code=USAGE, host="sandbox", step="plan release")
    assert "no worker is called mial; did you mean mail? default mail" in screen.text
    assert screen.next == "inv restart-workers --worker mail --host sandbox"


def test_a_broker_that_hangs_keeps_nobody_waiting_for_long(live: Project) -> None:
    """It takes connections and answers nothing, as one does that swaps."""
    live.replace(ALL, "celery_beat: true\n", "celery_beat: true\ncelery_patience: 2\n")
    host = SandboxHost(live)
    broker = Supervisor(str(host.home / ".backline/supervisor.sock")).process("redis")
    assert broker is not None
    number = next_attempt(host)
    with untouched(host, number), host.paused(broker.pid):
        screen = refused(live, "restart-workers", code=REFUSED, host="sandbox", step="start workers")
    assert f"no answer from default-{number}@sandbox, mail-{number}@sandbox within 2 s" in screen.text
    assert "the broker does not answer" in screen.text
    assert "r1 serves, untouched" in screen.state
    live.git("checkout", "--quiet", ALL)
    live.on_host("restart-workers")


def next_attempt(host: SandboxHost) -> str:
    """What the next generation of the first release will be called."""
    attempts = [int(path.stem.partition("-")[2] or 1) for path in (host.state / "generations").glob("r1*.json")]
    return f"r1-{max(attempts) + 1}"
