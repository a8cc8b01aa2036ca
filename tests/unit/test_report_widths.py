"""No line is wider than the terminal, at 80 and at 200 columns, whatever hosts are called and programs say."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.agent.events import Event, Kind, Outcome
from backline.commands.release_list import Listed
from backline.commands.run_summary import run_summary
from backline.commands.status_list import COLUMNS, STATES, ProgramStatus, row
from backline.deploy.summary import HostSummary, StepSummary, Summary
from backline.fleet.upload import Upload
from backline.report.cells import ESCAPES
from backline.report.console import Console
from backline.report.tables import sheet, table
from tests.emulator import lasting_lines, widest

AT = 1795384380.0
WIDTHS = (80, 200)
LONG = "web1.eu-central-1.compute.internal.example.com"
WIDE = "東京のウェブサーバ一号機東京のウェブサーバ"
NAMES = ("web1", LONG, WIDE)
EVENTS = (
    Event(Kind.STARTED, AT, step="take stock"),
    Event(Kind.RESOURCE, AT, status=Outcome.CHANGED, subject=f"/srv/{'shop/' * 40}", detail={"role": "app"}),
    Event(Kind.RESOURCE, AT, status=Outcome.FAILED, subject="東京" * 60, detail={"role": "app"}),
    Event(Kind.HANDLER, AT, status=Outcome.DONE, subject="reload nginx " * 20, seconds=0.2),
    Event(Kind.OUTPUT, AT, text="a long line of output " * 20),
    Event(Kind.NOTE, AT, text="supervisord is not on this host's PATH: it comes from the package index"),
    Event(Kind.WARNING, AT, text="uncommitted changes are left out: " + "file " * 60),
    Event(Kind.SENT, AT, subject="static/" + "x" * 300, detail={"bytes": 1, **Upload(1, 2, 1, 2).detail()}),
    Event(Kind.FINISHED, AT, step="replace single workers", status=Outcome.FAILED, text="why " * 60, seconds=4000.0),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(events: Sequence[Event], width: int, verbose: bool) -> list[str]:
    """Everything that stood on the screen, rows that went again included."""
    stream = Terminal()
    size = {"COLUMNS": str(width), "LINES": "24", "TERM": "xterm", "NO_COLOR": "1"}
    with patch.dict(os.environ, size), Console(stream, Terminal(), verbose=verbose) as console:
        for event in events:
            console(event)
    return ESCAPES.sub("", stream.getvalue().replace("\r", "\n")).split("\n")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("host", NAMES)
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_of_a_run_is_wider_than_the_terminal(width: int, host: str, verbose: bool) -> None:
    events = [Event(**{**vars(event), "host": host}) for event in EVENTS]
    assert widest(shown(events, width, verbose)) <= width


@given(host=st.text(max_size=60), text=st.text(max_size=300), width=st.sampled_from(WIDTHS))
def test_whatever_is_told_fits(host: str, text: str, width: int) -> None:
    events = [
        Event(Kind.STARTED, AT, host, "migrate"),
        Event(Kind.OUTPUT, AT, host, "migrate", text=text),
        Event(Kind.STARTED, AT, "another", "migrate"),
        Event(Kind.NOTE, AT, host, "migrate", text=text),
        Event(Kind.FINISHED, AT, host, "migrate", Outcome.DONE, text=text),
    ]
    assert widest(shown(events, width, verbose=True)) <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("host", NAMES)
@pytest.mark.parametrize("program", ["shop-web-r43", "a-shop-with-a-long-name-celery-invoices-and-mail-r1234-12"])
def test_status_fits_and_keeps_what_matters(width: int, host: str, program: str) -> None:
    statuses = [
        ProgramStatus(host, program, "celery", "r1234", "r1234-12", state, 4194304, "2026-11-25T14:38:53Z", False)
        for state in STATES
    ]
    lines = table(COLUMNS, [row(status) for status in statuses], width).split("\n")
    assert widest(lines) <= width
    assert lines[0].split()[-1] == "proved"
    assert all(line.endswith("NO") for line in lines[1:])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("host", NAMES)
def test_releases_fit(width: int, host: str) -> None:
    by, at = "somebody@a-laptop.example.com", "2026-11-25T14:38:53Z"
    listed = Listed(host, "r1234", "9" * 40, "feature/a-long-branch", by, at, True, True, True, "r1200")
    assert widest(table(Listed.COLUMNS, [listed.row()], width).split("\n")) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_a_summary_fits_and_names_the_slowest_steps(width: int) -> None:
    host = HostSummary(61, 99, 0, 1234, 123_456_789, "built", 31)
    steps = tuple(StepSummary(f"step {number}", LONG, number * 60.0) for number in range(9))
    summary = Summary("deployed", "r43", None, {name: host for name in NAMES}, 3000.0, steps)
    lines = run_summary(summary, width).split("\n")
    assert widest(lines) <= width
    told = " ".join(" ".join(lines).split())
    assert f"slowest: step 8 on {LONG} 8m00s, step 7 on {LONG} 7m00s, step 6 on {LONG} 6m00s" in told
    assert len(lines) <= 10


def test_a_sheet_folds_its_values_below_each_other() -> None:
    told = sheet((("state", "live"), ("directory", "/srv/" + "shop/" * 12)), 40)
    assert told == (
        "state      live\n"
        "directory  /srv/shop/shop/shop/shop/shop\n"
        "           /shop/shop/shop/shop/shop/sho\n"
        "           p/shop/"
    )


def test_the_screen_in_the_end_is_the_lines_that_stay() -> None:
    stream = Terminal()
    with (
        patch.dict(os.environ, {"COLUMNS": "80", "LINES": "24", "TERM": "xterm"}),
        Console(stream, Terminal()) as console,
    ):
        console(Event(Kind.STARTED, AT, WIDE, "migrate"))
        console(Event(Kind.NOTE, AT, WIDE, "migrate", text="word " * 20))
        console(Event(Kind.FINISHED, AT, WIDE, "migrate", Outcome.DONE, seconds=1.0))
    rows = lasting_lines(stream.getvalue())
    assert len(rows) == 4
    assert rows[-1].startswith("   1.0s  東京のウェブサーバ一号… ")
