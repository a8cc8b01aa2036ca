"""The commands that show logs: which are meant, what is let through, and what comes while one follows."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

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
    times = {item["time"] for item in done.events if item["worker"] == "mail" and item["generation"] == "r1"}
    assert times == {now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "000Z"}
    assert [item["text"] for item in done.events[-3:]] == mail_log.read_text().splitlines()


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
