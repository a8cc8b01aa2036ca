"""Plain mode on a real host: programs of one name, restarted in place; what fails puts the old ones back."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.commands.sandbox.processes import stop_processes
from tests.host.deploy.cutting import Deploy, SandboxHost, end, eventually, is_agent
from tests.host.deploy.moments import SLOW_WORKER, pids
from tests.host.deploy.own_uv import folder_with_uv
from tests.host.deploy.project import Project, make_project
from tests.host.deploy.screens import Screen, refused
from tests.host.deploy.small_shop import put_small_shop

pytestmark = pytest.mark.timeout(300)

MAIN = "inventory/host_vars/sandbox/main.yml"
ALL = "inventory/group_vars/all.yml"
PLAIN = """
supervisor_naming: plain
app_directory: "{{ ansible_user_dir }}/live/app/"
app_virtualenv: "{{ ansible_user_dir }}/live/env"
"""
NAMES = {"shop_web", "shop_default", "shop_mail", "shop_beat"}
REFUSED = 6


@pytest.fixture(scope="module")
def deployed() -> Generator[Project]:
    """A sandbox of its own with the shop live in plain mode."""
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    root = Path(tempfile.mkdtemp(prefix="bs-"))
    environment = {"BACKLINE_SANDBOX_ROOT": str(root / "s"), "BACKLINE_SANDBOX_PATH": str(folder_with_uv(root))}
    project = make_project(folder, "sandbox", environment)
    project.set_for_all(app_trial_seconds=0)
    put_small_shop(project)
    add(project, MAIN, PLAIN)
    project.commit("plain names")
    try:
        project.inv("sandbox.up")
        project.on_host("deploy")
        yield project
        project.inv("sandbox.down")
    finally:
        stop_processes(root / "s")
        for directory in (folder, root):
            shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def plain(deployed: Project) -> Generator[Project]:
    """The same, and after the test the project is as it was before; releases go on counting."""
    before = deployed.git("rev-parse", "HEAD")
    yield deployed
    deployed.git("reset", "--quiet", "--hard", before)
    deployed.git("clean", "--quiet", "-fd")


def add(project: Project, path: str, text: str) -> None:
    file = project.folder / path
    file.write_text(file.read_text() + text)


def home(project: Project) -> Path:
    return Path(project.environment["BACKLINE_SANDBOX_ROOT"])


def links(project: Project) -> dict[str, str]:
    """Where everything leads that a release is found by."""
    places = ("live/app", "live/env", "shop/current", "shop/run/web.sock", "shop/run/static")
    return {place: os.readlink(home(project) / place) for place in places}


def assert_serves(project: Project, release: str, names: set[str] = NAMES) -> None:
    """These programs and no others run the release, each proved."""
    found = [item for item in project.status() if item["kind"] != "service" and item["state"] != "STOPPING"]
    assert {item["program"] for item in found} == names, found
    assert {item["release"] for item in found} == {release}, found
    assert all(item["proved"] is True and item["state"] in ("RUNNING", "STARTING") for item in found), found


def live_name(project: Project) -> str:
    return next(str(item["release"]) for item in project.on_host("releases").document if item["live"])


@contextmanager
def put_back(project: Project) -> Iterator[None]:
    """Whatever happens in the block: in the end the same release serves under the same names, by the same links."""
    release, led = live_name(project), links(project)
    yield
    assert_serves(project, release)
    assert links(project) == led
    assert SandboxHost(project).lock_is_free()
    assert not (SandboxHost(project).state / "journal").exists()


def test_a_deploy_is_live_until_something_changes_and_then_restarts_all_in_place(plain: Project) -> None:
    release = live_name(plain)
    assert_serves(plain, release)
    before = SandboxHost(plain).programs_of_releases()
    assert plain.on_host("deploy").summary["status"] == "live"
    assert SandboxHost(plain).programs_of_releases() == before

    plain.change("shop/note.txt", "a change\n")
    done = plain.on_host("deploy")
    summary = done.summary
    assert summary["status"] == "deployed"
    assert summary["hosts"]["sandbox"]["pauses"].keys() == {"default", "mail", "web", "beat"}
    told = [event["text"] for event in done.events if event["event"] == "note" and ": in place;" in event["text"]]
    assert [text.partition(":")[0] for text in told] == ["shop_default, shop_mail", "shop_web", "shop_beat"]
    assert_serves(plain, summary["release"])
    assert not set(SandboxHost(plain).programs_of_releases().items()) & set(before.items())
    assert links(plain)["live/app"] == f"{home(plain)}/shop/releases/{summary['release'][1:]}"

    back = plain.on_host("rollback").summary
    assert_serves(plain, back["release"])
    listed = {item["release"]: item["origin"] for item in plain.on_host("releases").document}
    assert listed[back["release"]] == release


def test_each_part_is_restarted_alone_and_no_link_moves(plain: Project) -> None:
    led, release = links(plain), live_name(plain)
    for words, renewed in (
        (["restart-web"], {"shop_web"}),
        (["restart-workers", "--worker", "mail"], {"shop_mail"}),
        (["restart-workers"], {"shop_default", "shop_mail"}),
        (["restart-workers", "--beat"], {"shop_default", "shop_mail", "shop_beat"}),
    ):
        before = SandboxHost(plain).programs_of_releases()
        summary = plain.on_host(*words).summary
        assert summary["release"] == release
        assert summary["hosts"]["sandbox"]["pauses"].keys() == {name.partition("_")[2] for name in renewed}
        after = SandboxHost(plain).programs_of_releases()
        assert {name for name in NAMES if before[name] != after[name]} == renewed
    assert links(plain) == led
    assert_serves(plain, release)
    assert plain.on_host("deploy").summary["status"] == "live"


def test_logs_are_found_by_their_plain_names(plain: Project) -> None:
    shown = plain.inv("tail-celery-log", "--worker", "mail", "--no-follow", "-n", "500", "--json").events
    assert {line["program"] for line in shown} == {"shop_mail"}
    lines = [line["text"] for line in shown]
    assert sum("ready." in line for line in lines) >= 1
    assert "Listening at" in plain.inv("tail-web-log", "--no-follow", "-n", "500").out


def test_a_worker_that_fails_leaves_the_site_as_it_was(plain: Project) -> None:
    text = (plain.folder / ALL).read_text()
    (plain.folder / ALL).write_text(text.replace("concurrency: 2\n", "concurrency: 2\n    options: [--no-such]\n"))
    with put_back(plain):
        screen = refusal(plain, "start workers in place")
    assert "shop_default does not stay up" in screen.text


def test_a_web_that_fails_leaves_the_site_as_it_was(plain: Project) -> None:
    add(plain, MAIN, "web_health_path: /nowhere\n")
    with put_back(plain):
        screen = refusal(plain, "start web in place")
    assert "shop_web answers 404 to /nowhere" in screen.text


def refusal(project: Project, step: str) -> Screen:
    screen = refused(project, "deploy", code=REFUSED, host="sandbox", step=step)
    assert "serves again, its programs started anew; nothing of r" in screen.state
    return screen


def test_a_folder_in_a_link_s_place_is_refused_before_anything_is_done(plain: Project) -> None:
    place, before = home(plain) / "live" / "app", SandboxHost(plain).programs_of_releases()
    target = os.readlink(place)
    place.unlink()
    place.mkdir()
    try:
        screen = refused(plain, "deploy", "--force", code=1, host="sandbox", step="take stock")
        assert place.is_dir()
    finally:
        place.rmdir()
        place.symlink_to(target)
    assert f"{place} is a directory, and deploys put a link there" in screen.text
    assert screen.next.startswith("move what is there away first")
    assert SandboxHost(plain).programs_of_releases() == before


def test_the_guard_puts_back_what_a_killed_run_had_stopped(plain: Project) -> None:
    host = SandboxHost(plain)
    with put_back(plain):
        with slow_workers(plain, host) as deploy:
            deploy.kill()
        eventually(lambda: set(pids(host)) >= NAMES and host.lock_is_free())


def test_what_is_left_when_the_guard_goes_too_is_put_in_order_by_the_next_deploy(plain: Project) -> None:
    """As when the power goes in the middle: neither the old nor the new is whole, and nobody undoes it."""
    host, committed, served = SandboxHost(plain), plain.git("rev-parse", "HEAD"), live_name(plain)
    with slow_workers(plain, host) as deploy:
        for pid in sorted(filter(is_agent, host.processes()), reverse=True):  # the guard was forked last
            end(pid)
        assert deploy.ended().code == 4
    plain.git("reset", "--quiet", "--hard", committed)
    assert plain.on_host("deploy").summary["status"] == "live"  # the repair has put back what served
    assert_serves(plain, served)


def slow_workers(project: Project, host: SandboxHost) -> Deploy:
    """The old ones have ended; new workers run and answer nothing yet."""
    project.change("shop/celery.py", (project.shop / "shop/celery.py").read_text() + SLOW_WORKER)
    deploy = Deploy(project)
    deploy.until("start workers in place")
    eventually(lambda: "shop_default" in pids(host))
    return deploy


def test_a_check_names_what_stops_moves_and_starts_and_does_nothing(plain: Project) -> None:
    before, led = SandboxHost(plain).programs_of_releases(), links(plain)
    foreseen = [event for event in plain.on_host("restart-workers", "--check").events if event["event"] == "foreseen"]
    told = [(event["status"], event["subject"]) for event in foreseen if event["status"] != "would-remove"]
    workers = ("shop_default", "shop_mail")
    assert told == [("would-stop", name) for name in workers] + [("would-start", name) for name in workers]
    assert (SandboxHost(plain).programs_of_releases(), links(plain)) == (before, led)


def test_generations_take_over_from_plain_names_and_these_from_generations(plain: Project) -> None:
    """There and back, each beside the other, with the site up all the time."""
    text = (plain.folder / MAIN).read_text()
    (plain.folder / MAIN).write_text(text.replace(PLAIN, ""))
    there = plain.on_host("deploy").summary
    number = there["release"]
    generation = {f"shop-{name}-{number}" for name in ("web", "beat", "celery-default", "celery-mail")}
    assert there["hosts"]["sandbox"]["pauses"].keys() == {"beat"}
    assert_serves(plain, number, generation)

    (plain.folder / MAIN).write_text(text)
    back = plain.on_host("deploy").summary
    assert back["hosts"]["sandbox"]["pauses"].keys() == {"beat"}
    assert_serves(plain, back["release"])
    assert plain.on_host("deploy").summary["status"] == "live"


def test_links_go_with_the_app(plain: Project) -> None:
    """The last of these tests: nothing is left to be deployed to."""
    plain.on_host("remove", "--name", "shop", "--yes")
    assert os.listdir(home(plain) / "live") == []
    assert not (home(plain) / "shop").exists()
