"""The commands that show logs: which are meant, what is let through, and what comes while one follows."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from backline.commands.sandbox.processes import find_processes
from tests.host.deploy.project import DEADLINE, Project
from tests.host.deploy.test_looking import agents, wait_for


@pytest.fixture(scope="module")
def deployed(small: Project) -> Project:
    return small


@pytest.fixture
def mail_log(deployed: Project) -> Iterator[Path]:
    """The log of a worker, which gets its content back."""
    root = Path(deployed.environment["BACKLINE_SANDBOX_ROOT"])
    log = next(root.rglob("shop-celery-mail-r1.log"))
    before = log.read_bytes()
    yield log
    log.write_bytes(before)


def test_a_worker_is_chosen_by_its_name_and_json_says_whose_each_line_is(deployed: Project) -> None:
    done = deployed.inv("tail-celery-log", "--no-follow", "-n", "50", "--worker", "mail", "--json")
    assert {(item["host"], item["worker"], item["generation"], item["program"]) for item in done.events} == {
        ("sandbox", "mail", "r1", "shop-celery-mail-r1")
    }
    ready = next(item for item in done.events if item["text"].endswith(" ready."))
    assert (ready["level"], ready["time"][-1]) == ("info", "Z")


def test_lines_of_all_workers_come_in_the_order_of_time(deployed: Project) -> None:
    done = deployed.inv("tail-celery-log", "--no-follow", "-n", "500", "--json")
    times = [item["time"] for item in done.events if item["time"]]
    assert times == sorted(times)
    assert len({item["worker"] for item in done.events}) == 3


def test_a_program_that_writes_in_another_time_zone_is_understood(deployed: Project, mail_log: Path) -> None:
    now = datetime.now(timezone.utc)
    face = (now + timedelta(hours=5, minutes=45)).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    mail_log.write_text(f"[{face}: ERROR/x] boom\nTraceback (most recent call last):\n  here\n")
    done = deployed.inv("tail-celery-log", "--no-follow", "-n", "100", "--json")
    mail = {item["time"] for item in done.events if item["program"] == "shop-celery-mail-r1"}
    assert mail == {now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "000Z"}
    times = [item["time"] for item in done.events if item["time"]]
    assert times == sorted(times)
    assert len({*times}) > len(mail)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tail-celery-log --worker mial", "no worker is called mial; did you mean mail?"),
        ("logs --program rediss", "no program is called rediss; did you mean redis?"),
        ("tail-web-log --level warn1ng", "no level is called warn1ng; did you mean warning?"),
        ("tail-celery-log --grep (", "--grep (: not a regular expression"),
        ("tail-celery-log --around few", "--around few: a number of lines is meant"),
    ],
)
def test_what_is_not_there_is_named_with_the_nearest(deployed: Project, words: str, said: str) -> None:
    done = deployed.inv(*words.split(), check=False)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("words", "name"),
    [("tail-web-log", "web"), ("logs --program shop-nginx", "shop-nginx"), ("logs --program web", "web")],
)
def test_other_programs_have_logs_too(deployed: Project, words: str, name: str) -> None:
    done = deployed.inv(*words.split(), "--no-follow", "-n", "1000", "--json")
    assert {item["worker"] for item in done.events} <= {name}
    assert name != "web" or done.events


def test_grep_and_level_leave_the_rest_out(deployed: Project, mail_log: Path) -> None:
    stamp = "[2026-11-22 22:12:35,000: "
    mail_log.write_text(f"{stamp}INFO/x] before\n{stamp}ERROR/x] boom\nTraceback\n{stamp}INFO/x] after\n")
    words = ("tail-celery-log", "--no-follow", "--worker", "mail", "--json")
    graver = deployed.inv(*words, "--level", "warning")
    assert [item["text"] for item in graver.events] == [f"{stamp}ERROR/x] boom", "Traceback"]
    found = deployed.inv(*words, "--grep", "Trace", "--around", "1")
    assert [item["text"] for item in found.events] == [f"{stamp}ERROR/x] boom", "Traceback", f"{stamp}INFO/x] after"]


def test_a_line_of_a_megabyte_and_bytes_that_are_no_text_are_shown(deployed: Project, mail_log: Path) -> None:
    mail_log.write_bytes(b"x" * 1_000_000 + b"\ncaf\xe9 \x00\x1b[2J\nlast, without an end")
    done = deployed.inv("tail-celery-log", "--no-follow", "--worker", "mail")
    prefix = "sandbox  mail  r1 | "
    lines = [line.removeprefix(prefix) for line in done.out.splitlines()]
    assert lines == ["x" * 1_000_000, "caf\N{REPLACEMENT CHARACTER}", "last, without an end"]


MANY = 33
"""One more than the hosts that are asked at once, where nobody says how many."""


@pytest.fixture
def many(deployed: Project, tmp_path: Path) -> Path:
    """An inventory in which the host goes by many names, and another one has a service and no release."""
    there = deployed.folder / "inventory"
    names = [f"h{number}" for number in range(MANY)]
    hosts = {"all": {"children": {"many": {"hosts": dict.fromkeys(names)}, "other": {"hosts": {"broker": None}}}}}
    (tmp_path / "hosts.yml").write_text(json.dumps(hosts))
    for name in ("group_vars", "host_vars"):
        (tmp_path / name).mkdir()
    shutil.copy(there / "group_vars/all.yml", tmp_path / "group_vars/all.yml")
    for name in (*names, "broker"):
        shutil.copytree(there / "host_vars/sandbox", tmp_path / "host_vars" / name)
    bare = {"backline_roles": ["redis"], "app_root": str(tmp_path / "elsewhere/shop")}
    (tmp_path / "host_vars/broker/own.yml").write_text(json.dumps(bare))
    return tmp_path


def test_a_host_that_has_no_release_hides_no_other_s_logs(deployed: Project, many: Path) -> None:
    words = ("tail-celery-log", "--host", "broker,h0", "--inventory", str(many), "--no-follow", "--json")
    assert {item["host"] for item in deployed.inv(*words).events} == {"h0"}
    mistyped = deployed.inv(*words, "--worker", "mial", check=False)
    assert "did you mean mail?" in mistyped.err


@pytest.mark.timeout(90)
def test_all_hosts_are_followed_however_many_and_one_that_is_lost_is_named(
    deployed: Project, many: Path, mail_log: Path
) -> None:
    words = ("tail-celery-log", "-n", "0", "--worker", "mail", "--json", "--host", "many", "--inventory", str(many))
    process = deployed.start(*words)
    assert process.stdout is not None
    assert process.stderr is not None
    with process, written_to(mail_log):
        try:
            following = {json.loads(process.stdout.readline())["host"] for _ in range(MANY)}
            while len(following) < MANY:
                following.add(json.loads(process.stdout.readline())["host"])
            os.kill(an_agent(deployed), signal.SIGKILL)
            assert "nothing of it is shown any more" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()


@contextmanager
def written_to(log: Path) -> Iterator[None]:
    """A program that writes into it all the time."""
    ended = threading.Event()

    def write() -> None:
        with log.open("a") as writing:
            while not ended.wait(0.1):
                writing.write("[2026-11-22 22:12:35,000: INFO/x] one more\n")
                writing.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


def an_agent(project: Project) -> int:
    root = Path(project.environment["BACKLINE_SANDBOX_ROOT"])
    return next(found.pid for found in find_processes(root) if " -I -S -c " in found.command)


def test_a_generation_that_starts_while_one_follows_is_followed_too(deployed: Project) -> None:
    process = deployed.start("tail-celery-log", "-n", "0", "--json")
    wait_for(lambda: len(agents(deployed)) == 1)
    deployed.on_host("restart-workers")
    assert process.stdout is not None
    texts: dict[tuple[str, str], list[str]] = {}
    wanted = {("default", "r1-2"), ("mail", "r1-2")}
    for line in process.stdout:
        item = json.loads(line)
        texts.setdefault((item["worker"], item["generation"]), []).append(item["text"])
        if wanted <= {key for key, lines in texts.items() if any(text.endswith(" ready.") for text in lines)}:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, errors) == (0, "")
    root = Path(deployed.environment["BACKLINE_SANDBOX_ROOT"])
    first = next(root.rglob("shop-celery-mail-r1-2.log")).read_text().splitlines()[: len(texts["mail", "r1-2"])]
    assert [text.rstrip() for text in texts["mail", "r1-2"]] == [line.rstrip() for line in first]
    wait_for(lambda: agents(deployed) == [])
