"""An app is removed: nothing of it is left, nothing else is touched, and who asks for another one is refused."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from backline.commands.sandbox.processes import find_processes
from tests.host.deploy.cutting import SandboxHost, end
from tests.host.deploy.host_hash import Snapshot, snapshot
from tests.host.deploy.project import CHECKOUT, DEADLINE, Completed, Project
from tests.host.deploy.screens import refused, screen_of
from tests.host.deploy.small_shop import LITTLE_WORK, put_small_shop
from tests.host.deploy.test_looking import wait_for
from tests.host.openssh import free_port
from tests.host.terminal import sitting_at

pytestmark = pytest.mark.timeout(240)

SURELY = ("--name", "shop", "--yes")
SSH_SERVER = ".sandbox"
"""What stands for a host's system: the sandbox's own SSH server."""
LONG_TASK = """

@app.task
def leave_a_word(path, seconds):
    import time
    open(f"{path}.begun", "w").close()
    time.sleep(seconds)
    open(path, "w").close()
"""
MANAGE = """import sys

if sys.argv[1] == "leave":
    from shop.celery import leave_a_word
    leave_a_word.apply_async((sys.argv[2], float(sys.argv[3])), queue="default")
"""


def host_as_it_is(project: Project) -> Snapshot:
    return snapshot(SandboxHost(project).home, (SSH_SERVER,))


def processes(project: Project) -> list[str]:
    """What runs of the sandbox beside its SSH server, and agents, which leave by themselves."""
    found = find_processes(SandboxHost(project).home)
    return [str(one) for one in found if "backline.commands.sandbox.server" not in one.command]


def notes(done: Completed) -> list[str]:
    return [event["text"] for event in done.events if event["event"] == "note"]


def left_at_home(project: Project) -> list[str]:
    """What is there beside the user's own."""
    names = sorted(path.name for path in SandboxHost(project).home.iterdir())
    return [name for name in names if name not in (SSH_SERVER, "letters")]


@pytest.fixture(scope="module")
def with_a_long_task(sandbox: Project) -> Project:
    """A shop that does little, and for long."""
    put_small_shop(sandbox)
    sandbox.set_for_all(celery_workers=LITTLE_WORK)
    sandbox.change("manage.py", MANAGE)
    sandbox.change("shop/celery.py", (sandbox.shop / "shop/celery.py").read_text() + LONG_TASK)
    return sandbox


@pytest.fixture
def shop(with_a_long_task: Project) -> Project:
    """The sandbox with that shop live, beside files of the user's own."""
    letters = SandboxHost(with_a_long_task).home / "letters"
    if not letters.exists():
        letters.mkdir()
        (letters / "to-anna").write_text("dear Anna")
    with_a_long_task.on_host("deploy")
    return with_a_long_task


@pytest.fixture
def blog(shop: Project, tmp_path: Path) -> Project:
    """Another app on the same host, by another inventory: it shares supervisord, the tools and the broker."""
    inventory = tmp_path / "inventory"
    shutil.copytree(shop.folder / "inventory", inventory)
    everywhere = inventory / "group_vars/all.yml"
    everywhere.write_text(everywhere.read_text().replace("app_name: shop", "app_name: blog"))
    connection = inventory / "host_vars/sandbox/connection.yml"
    connection.write_text(
        re.sub(r"nginx_listen: .*", f'nginx_listen: "127.0.0.1:{free_port()}"', connection.read_text())
    )
    main = inventory / "host_vars/sandbox/main.yml"
    main.write_text(main.read_text().replace("{{ redis_socket }}", "{{ redis_socket }}?virtual_host=1"))
    blog = replace(shop, environment={**shop.environment, "BACKLINE_INVENTORY": str(inventory)})
    blog.on_host("deploy")
    return blog


def services_of(project: Project) -> dict[str, int]:
    return {item["program"]: item["pid"] for item in project.status()}


def address_of(blog: Project) -> str:
    connection = Path(blog.environment["BACKLINE_INVENTORY"], "host_vars/sandbox/connection.yml").read_text()
    found = re.search(r'nginx_listen: "([^"]+)"', connection)
    assert found is not None
    return f"http://{found[1]}/"


def begin_a_task(project: Project, word: Path, seconds: float) -> None:
    """A worker is in the middle of it when this returns."""
    project.inv("manage", f"leave {word} {seconds}")
    wait_for(lambda: word.with_name(f"{word.name}.begun").exists())


def test_the_host_is_as_it_was_before_the_first_deploy(sandbox: Project) -> None:
    """The example as it is; it comes first, and what follows needs less."""
    project = sandbox
    letters = SandboxHost(project).home / "letters"
    letters.mkdir()
    (letters / "to-anna").write_text("dear Anna")
    before = host_as_it_is(project)
    project.on_host("deploy")
    project.on_host("restart-workers")
    project.on_host("deploy", "--force")
    done = project.on_host("remove", *SURELY)
    assert (done.summary["status"], done.summary["release"]) == ("removed", None)
    assert host_as_it_is(project) == before
    wait_for(lambda: processes(project) == [])
    assert [text for text in notes(done) if "last entry" in text and text.endswith("removed")]
    again = project.on_host("remove", *SURELY)
    assert again.summary["status"] == "absent"
    assert host_as_it_is(project) == before


def test_another_app_on_the_host_is_untouched_and_what_they_shared_goes_with_the_last(
    shop: Project, blog: Project, tmp_path: Path
) -> None:
    host = SandboxHost(shop)
    begin_a_task(shop, tmp_path / "word", 8)
    living = ("blog/logs", "blog/shared", "blog/run", ".backline/redis", ".backline/supervisord.log")
    theirs = ("shop", ".backline/nginx-shop", ".backline/apps/shop", SSH_SERVER)
    everything = snapshot(host.home, (*living, *theirs), times=False)
    pids, services = blog.pids(), services_of(blog)
    done = shop.on_host("remove", *SURELY)
    assert (tmp_path / "word").exists(), "a worker was killed in the middle of its task"
    assert [text for text in notes(done) if text.startswith("stays: ") and "blog" in text]
    left = snapshot(host.home, (*living, SSH_SERVER), times=False)
    expected = {
        name: value for name, value in everything.items() if not name.startswith(".backline/supervisor.d/shop-")
    }
    assert left == expected
    assert blog.pids() == pids
    now = services_of(blog)
    assert now == {name: pid for name, pid in services.items() if not name.startswith("shop-")}
    with urllib.request.urlopen(address_of(blog)) as answer:
        assert answer.status == 200
    assert blog.on_host("deploy").summary["status"] == "live"
    last = blog.on_host("remove", "--name", "blog", "--yes", "--now")
    assert last.summary["status"] == "removed"
    assert left_at_home(shop) == []
    wait_for(lambda: processes(shop) == [])


def test_what_stops_it_halfway_is_told_with_what_is_left_and_the_same_command_finishes(
    shop: Project, tmp_path: Path
) -> None:
    """Stopped by Ctrl-C, then cut off, while a worker does what takes long."""
    word = tmp_path / "word"
    begin_a_task(shop, word, 600)
    host = SandboxHost(shop)
    process = shop.start("remove", *SURELY, "--host", "sandbox")
    wait_for(lambda: "STOPPING" in {program.state for program in host.supervisor.processes()})
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=DEADLINE)
    screen = screen_of(Completed(process.returncode, out, errors.partition("\n")[2]))
    assert process.returncode == 1
    assert "left on sandbox: program shop-" in screen.state
    assert screen.next.splitlines()[-1] == "inv remove --name shop --yes --host sandbox"
    assert host.ledger()[-1]["status"] == "failed"

    process = shop.start("remove", *SURELY, "--host", "sandbox", "--json")
    wait_for(lambda: not host.lock_is_free())
    end(host.agent())
    out, errors = process.communicate(timeout=DEADLINE)
    done = Completed(process.returncode, out, errors)
    assert (done.code, done.summary["status"]) == (5, "partial")
    assert "is not known" in screen_of(done).state

    shop.on_host("remove", *SURELY, "--now")
    assert not word.exists()  # which is what --now says
    wait_for(lambda: processes(shop) == [])
    assert left_at_home(shop) == []


def test_what_outlived_its_supervisord_is_ended_too(shop: Project) -> None:
    host = SandboxHost(shop)
    supervisord = int((host.home / ".backline/supervisord.pid").read_text())
    os.kill(supervisord, signal.SIGKILL)
    assert host.command("worker") is not None
    done = shop.on_host("remove", *SURELY)
    assert [text for text in notes(done) if text.startswith("goes: process ")]
    wait_for(lambda: processes(shop) == [])
    assert left_at_home(shop) == []


def test_who_names_another_app_is_refused_and_nothing_is_touched(shop: Project) -> None:
    pids = shop.pids()
    before = host_as_it_is(shop)
    refused(shop, "remove", "--name", "shoop", "--yes", "--host", "sandbox", code=2, host="", step="remove")
    unasked = refused(shop, "remove", "--yes", "--host", "sandbox", code=2, host="", step="remove")
    assert unasked.next == "inv remove --name shop --yes --host sandbox"
    refused(shop, "remove", "--name", "shop", "--host", "sandbox", code=2, host="", step="remove")
    checked = shop.on_host("remove", "--check")
    assert checked.summary["status"] == "checked"
    going = [text for text in notes(checked) if text.startswith("goes: ")]
    assert [text for text in going if text.startswith("goes: program shop-web-r")]
    assert checked.summary["hosts"][shop.host]["changed"] == len(going)
    files = {name for name in host_as_it_is(shop) if not re.search(r"/(logs|run|shared)/|redis", name)}
    assert files == {name for name in before if not re.search(r"/(logs|run|shared)/|redis", name)}
    assert shop.pids() == pids


def test_somebody_at_work_is_waited_for(shop: Project) -> None:
    host = SandboxHost(shop)
    deploying = shop.start("deploy", "--force", "--host", "sandbox")
    wait_for(lambda: not host.lock_is_free())
    held = refused(shop, "remove", *SURELY, "--host", "sandbox", code=3, host="sandbox", step="find app")
    assert "inv deploy" in held.text
    deploying.communicate(timeout=DEADLINE)


def test_a_person_types_the_name_and_what_is_not_the_apps_stays(shop: Project) -> None:
    notes = SandboxHost(shop).app / "notes.txt"
    notes.write_text("mine")
    pids = shop.pids()
    environment = {"PYTHONPATH": str(CHECKOUT), **shop.environment, "TERM": "xterm"}
    command = [sys.executable, "-m", "invoke", "remove", "--host", "sandbox"]
    for typed, code in ((b"shopp\r", 2), (b"\x04", 2), (b"\x03", 1)):
        with sitting_at(command, shop.folder, environment) as person:
            person.waits_for(b"type its name: ")
            person.types(typed)
            assert person.sees_it_end() == code
        assert b"nothing was touched" in person.seen
        assert shop.pids() == pids
    with sitting_at(command, shop.folder, environment) as person:
        person.waits_for(b"type its name: ")
        person.types(b"shop\r")
        assert person.sees_it_end() == 0
    assert b"shop is gone from sandbox" in person.seen
    assert b"notes.txt" in person.seen
    assert [path.name for path in notes.parent.iterdir()] == ["notes.txt"]
    shutil.rmtree(notes.parent)
    assert left_at_home(shop) == []
