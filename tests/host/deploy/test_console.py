"""What a person sees: at a terminal of 80 columns and 24 lines, piped, redirected, without colours, with Ctrl-C."""

from __future__ import annotations

import re
import sys
import termios
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.emulator import lasting_lines, widest
from tests.host.deploy.project import CHECKOUT, Project
from tests.host.terminal import Person, sitting_at

COLUMNS, LINES = 80, 24
INV = f"{sys.executable} -m invoke"
STEP = r" *[\d.m]+s  sandbox  \w"
COLOR = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def at_a_terminal(project: Project, line: str, environment: Mapping[str, str] | None = None) -> Generator[Person]:
    """A line of shell there, begun when the terminal has its size."""
    variables = {"PYTHONPATH": str(CHECKOUT), "TERM": "xterm-256color", "COLUMNS": "", "NO_COLOR": ""}
    variables |= {**project.environment, **(environment or {})}
    with sitting_at(["/bin/sh", "-c", f"read begin; {line}"], project.folder, variables) as person:
        person.resizes(LINES, COLUMNS)
        person.types(b"\n")
        yield person


def seen(project: Project, line: str, code: int = 0, environment: Mapping[str, str] | None = None) -> str:
    """All that the terminal was written, after what was typed."""
    with at_a_terminal(project, line, environment) as person:
        assert person.sees_it_end() == code, person.seen.decode()
    return person.seen.decode().removeprefix("\r\n")


def test_a_deploy_at_a_terminal_leaves_aligned_lines_and_its_summary(live: Project) -> None:
    (live.shop / "large.bin").write_bytes(bytes(range(256)) * 4096)
    live.commit("a file of a megabyte")
    written = seen(live, f"{INV} deploy")
    lines = lasting_lines(written, COLUMNS)
    assert widest(lines) <= COLUMNS
    steps = [line for line in lines if re.match(STEP, line)]
    assert len(steps) >= 18
    assert len({line.index("sandbox") for line in steps}) == 1
    assert sum("push code" in line for line in lines) == 1
    end = next(number for number, line in enumerate(lines) if line.endswith(" is live and proved"))
    assert lines[end + 1].split() == ["host", "resources", "sent", "virtualenv", "round", "trips"]
    assert lines[end + 2].split()[:5] == ["sandbox", *lines[end + 2].split()[1:4], "changed"]
    assert " 1 file, " in lines[end + 2]
    assert lines[end + 3].startswith("  took ")


def test_ctrl_c_leaves_the_terminal_as_it_was(live: Project) -> None:
    with at_a_terminal(live, f"exec {INV} deploy --force") as person:
        before = termios.tcgetattr(person.master)
        person.waits_for(b"start workers")
        person.types(b"\x03")
        assert person.sees_it_end() == 1
        assert termios.tcgetattr(person.master) == before
    lines = lasting_lines(person.seen.decode(), COLUMNS)
    assert widest(lines) <= COLUMNS
    title = next(number for number, line in enumerate(lines) if line.startswith("Stopped: "))
    assert len(lines) - title < LINES
    steps = [" ".join(line.split()[2:4]) for line in lines[:title] if re.match(STEP, line)]
    assert len(steps) == len(set(steps)) > 2  # no moving row is left beside the line of its step
    assert b"\x1b[?" not in person.seen  # no mode of the terminal was set


def test_an_import_error_is_seen_from_its_title_to_the_prompt(live: Project) -> None:
    live.change("shop/views.py", "import nonsense_module\n" + (live.shop / "shop/views.py").read_text())
    lines = lasting_lines(seen(live, f"{INV} deploy", code=6), COLUMNS)
    assert widest(lines) <= COLUMNS
    title = next(number for number, line in enumerate(lines) if line.startswith("Refused: "))
    assert len(lines[title:]) + 3 < LINES  # three lines are blank; one is left for the prompt
    assert not any("frozen" in line for line in lines)


@pytest.mark.parametrize("command", ["status", "releases", "history", "show r1", "ping"])
def test_tables_fit_a_terminal_and_are_whole_in_a_pipe(deployed: Project, command: str) -> None:
    at_terminal = lasting_lines(seen(deployed, f"{INV} {command}"), COLUMNS)
    piped = deployed.inv(*command.split()).out
    assert widest(at_terminal) <= COLUMNS
    assert "…" not in piped
    assert not COLOR.search(piped)
    assert len(at_terminal) >= len(piped.splitlines())
    if command in ("status", "history"):
        assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", piped)


def test_a_program_that_works_is_not_called_starting(deployed: Project) -> None:
    deployed.inv("restart-web")
    told = deployed.inv("status").out
    assert "STARTING" not in told
    assert re.search(r"shop-web-r\d+-\d +web +r\d+-\d +(just started|running) ", told)
    assert {item["state"] for item in deployed.status()} <= {"STARTING", "RUNNING", "STOPPING"}


def test_a_redirected_run_is_plain_and_warns_at_the_terminal(live: Project, tmp_path: Path) -> None:
    (live.shop / "uncommitted").touch()
    written = seen(live, f"{INV} deploy >{tmp_path}/out")
    assert "left out (--ref ." in COLOR.sub("", written)
    assert COLOR.search(written)
    plain = (tmp_path / "out").read_text()
    assert "\x1b" not in plain
    assert " is live" in plain
    assert "took " in plain.splitlines()[-1]


def test_a_run_does_not_end_because_its_words_cannot_be_written(live: Project) -> None:
    live.change("shop/extra.py", "# for a full disk\n")
    seen(live, f"{INV} deploy >/dev/full")
    listed = live.on_host("releases").document
    assert (listed[0]["live"], listed[0]["commit"]) == (True, live.git("rev-parse", "HEAD"))


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_person_who_wants_it_plain_gets_it_plain(live: Project, environment: Mapping[str, str]) -> None:
    written = seen(live, f"{INV} deploy; {INV} status; {INV} deploy --ref nonsense", 2, environment)
    assert not COLOR.search(written)
    assert ("\x1b" in written) == (environment.get("TERM") != "dumb")
    assert "did you mean" in written or "no commit called" in written


def test_a_terminal_without_our_characters_is_written_escapes(live: Project) -> None:
    done = live.inv("deploy", "--ref", "nön—sense", check=False)
    assert (done.code, "nön—sense" in done.err) == (2, True)
    ascii_only = Project(live.folder, live.host, {**live.environment, "PYTHONIOENCODING": "ascii"})
    done = ascii_only.inv("deploy", "--ref", "nön—sense", check=False)
    assert (done.code, "n\\xf6n\\u2014sense" in done.err) == (2, True)


def test_json_has_the_times_of_the_steps_and_every_file_that_was_sent(live: Project) -> None:
    live.change("shop/extra.py", "# new\n")
    done = live.on_host("deploy")
    sent = [event for event in done.events if event["event"] == "sent"]
    assert [(event["subject"], event["detail"]["files_done"]) for event in sent] == [("shop/extra.py", 1)]
    assert sent[0]["detail"] == {
        "bytes": 6, "files_done": 1, "files_total": 1, "bytes_done": 6, "bytes_total": 6,
    }  # fmt: skip
    steps = done.summary["steps"]
    assert [steps[0]["name"], steps[1]["name"], steps[-1]["name"]] == ["connect", "take stock", "end guard"]
    assert {step["host"] for step in steps} == {"sandbox"}
    assert done.summary["seconds"] >= max(step["seconds"] for step in steps)
