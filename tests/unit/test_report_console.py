"""The console: what each kind of event looks like in a pipe, and what a terminal shows."""

from __future__ import annotations

import io
import re

import pytest

from backline.agent.events import Event, Kind, Outcome
from backline.fleet.upload import Upload
from backline.report.console import Console
from backline.resources.resource import Difference
from tests.emulator import lasting_lines

AT = 1795384380.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at a terminal of 80 columns."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)


def resource(status: str, subject: str, *differences: Difference, role: str = "app") -> Event:
    detail = {"role": role}
    return Event(Kind.RESOURCE, AT, "web1", "converge", status, subject, differences=differences, detail=detail)


RUN = (
    Event(Kind.STARTED, AT, "web1", "converge"),
    Event(Kind.STARTED, AT, "worker2", "converge"),
    resource(Outcome.OK, "/srv"),
    resource(Outcome.CHANGED, "/srv/shop", Difference("exists", False, True)),
    resource(Outcome.CHANGED, "/srv/shop/run", Difference("mode", "0700", "0755"), Difference("owner", "root", "shop")),
    resource(Outcome.CHANGED, "/etc/shop.conf", Difference("content", "a\nb\n", "a\nc\n")),
    resource(Outcome.WOULD_CHANGE, "shop", Difference("groups", None, "www-data")),
    Event(Kind.HANDLER, AT, "web1", "converge", Outcome.DONE, "reload nginx", seconds=0.21),
    Event(Kind.FINISHED, AT, "web1", "converge", Outcome.DONE, text="3 changed", seconds=1.94),
    Event(Kind.STARTED, AT, "web1", "push code"),
    Event(Kind.SENDING, AT, "web1", "push code", subject="film.mp4", detail=Upload(0, 1, 262144, 300000).detail()),
    Event(Kind.SENT, AT, "web1", "push code", subject="film.mp4", detail={"bytes": 300000}),
    Event(Kind.FINISHED, AT, "web1", "push code", Outcome.DONE, text="1 of 29 files sent, 300.0 kB", seconds=0.31),
    Event(Kind.STARTED, AT, "web1", "build virtualenv"),
    Event(Kind.OUTPUT, AT, "web1", "build virtualenv", text="\x1b[32mDownloading\x1b[0m 10%\rDownloading 99%"),
    Event(Kind.NOTE, AT, "web1", "build virtualenv", text="no uv here; pip is used"),
    Event(Kind.WARNING, AT, "worker2", text="the disk is 93 % full"),
    Event(Kind.FINISHED, AT, "web1", "build virtualenv", Outcome.FAILED, seconds=245.2),
    Event(Kind.SUMMARY, AT),
)

PLAIN = """\
         web1     changed /srv/shop: created
         web1     changed /srv/shop/run: mode 0700 → 0755, owner root → shop
         web1     changed /etc/shop.conf: content
         web1     would change shop: groups none → www-data
   0.2s  web1     handler reload nginx
   1.9s  web1     converge              3 changed
   0.3s  web1     push code             1 of 29 files sent, 300.0 kB
         web1     no uv here; pip is used
  4m05s  web1     build virtualenv      failed
"""

VERBOSE = """\
         web1     converge              …
         worker2  converge              …
         web1     unchanged /srv
         web1     changed /srv/shop: created
         web1     changed /srv/shop/run: mode 0700 → 0755, owner root → shop
         web1     changed /etc/shop.conf: content
           --- before
           +++ after
           @@ -1,2 +1,2 @@
            a
           -b
           +c
         web1     would change shop: groups none → www-data
   0.2s  web1     handler reload nginx
   1.9s  web1     converge              3 changed
         web1     push code             …
         web1     sent film.mp4, 300.0 kB
   0.3s  web1     push code             1 of 29 files sent, 300.0 kB
         web1     build virtualenv      …
         web1     | Downloading 99%
         web1     no uv here; pip is used
  4m05s  web1     build virtualenv      failed
"""


def told(console: Console) -> None:
    with console:
        for event in RUN:
            console(event)


@pytest.mark.parametrize(("verbose", "expected"), [(False, PLAIN), (True, VERBOSE)])
def test_a_pipe_gets_a_plain_line_for_each_event_that_matters(verbose: bool, expected: str) -> None:
    stream, errors = io.StringIO(), io.StringIO()
    told(Console(stream, errors, verbose=verbose, hosts=("web1", "worker2")))
    assert stream.getvalue() == expected
    assert errors.getvalue() == "warning: worker2: the disk is 93 % full\n"


@pytest.mark.usefixtures("person")
def test_a_terminal_that_can_move_nothing_gets_what_a_pipe_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    told(Console(stream, io.StringIO()))
    assert stream.getvalue() == PLAIN


@pytest.mark.usefixtures("person")
def test_a_person_who_wants_no_colour_sees_the_same_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    told(Console(stream, io.StringIO()))
    assert lasting_lines(stream.getvalue()) == PLAIN.splitlines()
    assert not re.search(r"\x1b\[[0-9;]*m", stream.getvalue())


def test_colour_can_be_asked_for_in_a_pipe() -> None:
    stream = io.StringIO()
    with Console(stream, io.StringIO(), color=True) as console:
        console(Event(Kind.FINISHED, AT, "web1", "migrate", Outcome.DONE, seconds=0.5))
    assert stream.getvalue() == "   0.5s  \x1b[94mweb1  \x1b[0m\x1b[1mmigrate               \x1b[0m\n"


@pytest.mark.usefixtures("person")
def test_a_terminal_is_left_with_the_same_lines_and_nothing_changed() -> None:
    stream = Terminal()
    told(Console(stream, Terminal()))
    lasting = PLAIN.splitlines()
    lasting.insert(-1, "warning: worker2: the disk is 93 % full")
    assert lasting_lines(stream.getvalue()) == lasting
    assert "\x1b[?" not in stream.getvalue()  # no mode is set, so that none stays when we are killed


@pytest.mark.usefixtures("person")
def test_a_host_at_work_has_one_row_with_what_it_changed_and_its_last_words() -> None:
    stream = Terminal()
    console = Console(stream, Terminal())
    for event in RUN[:6]:
        console(event)
    console(Event(Kind.OUTPUT, AT, "web1", "converge", text="unpacking " + "x" * 100))
    console(Event(Kind.STARTED, AT, "worker3", "converge"))  # draws the rows anew
    assert [re.sub(r"\d+\.\ds", "0.0s", row) for row in lasting_lines(stream.getvalue())[-3:]] == [
        "   0.0s  web1     converge              3 changed · unpacking xxxxxxxxxxxxxx…",
        "   0.0s  worker2  converge",
        "   0.0s  worker3  converge",
    ]
    console.close()
    assert lasting_lines(stream.getvalue())[-1].endswith("changed /etc/shop.conf: content")


@pytest.mark.usefixtures("person")
def test_an_upload_is_a_bar() -> None:
    stream = Terminal()
    console = Console(stream, Terminal())
    for event in (RUN[0], RUN[9], RUN[10], Event(Kind.STARTED, AT, "web2", "push code")):
        console(event)
    row = lasting_lines(stream.getvalue())[-2]
    assert row.endswith("push code             ━━━━━━╌╌  262.1 of 300.0 kB, 0 of 1 file")
    console.close()


@pytest.mark.usefixtures("person")
def test_what_is_told_after_the_end_leaves_no_row_behind() -> None:
    stream = Terminal()
    console = Console(stream, Terminal())
    console.close()
    for event in RUN[:4]:
        console(event)
    assert lasting_lines(stream.getvalue()) == ["         web1     changed /srv/shop: created"]


def test_what_the_runbook_makes_is_told_by_its_step_and_not_file_by_file() -> None:
    stream = io.StringIO()
    console = Console(stream, io.StringIO())
    console(resource(Outcome.CHANGED, "/srv/shop/releases/4", role=""))
    assert stream.getvalue() == ""
    console(resource(Outcome.FAILED, "/srv/shop/releases/4", role=""))
    assert "/srv/shop/releases/4" in stream.getvalue()
