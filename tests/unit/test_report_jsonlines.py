"""JSON lines: one object an event, the summary last, no secret in either."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

from backline.agent.events import Event, Kind, Outcome
from backline.report.jsonlines import JsonLines, event_line, summary_line
from backline.resources.resource import Difference
from backline.resources.secret import Secret

AT = 1795384380.1239


@dataclass(frozen=True)
class HostSummary:
    changed: int
    virtualenv: str | None


@dataclass(frozen=True)
class Summary:
    status: str
    release: str
    error: str | None = None
    hosts: dict[str, HostSummary] = field(default_factory=dict)


def test_the_end_of_a_step() -> None:
    event = Event(Kind.FINISHED, AT, "web1", "migrate", Outcome.DONE, text="2 applied", seconds=1.23456)
    assert json.loads(event_line(event)) == {
        "event": "finished",
        "schema": 1,
        "time": "2026-11-22T21:53:00.123Z",
        "host": "web1",
        "step": "migrate",
        "status": "done",
        "subject": None,
        "text": "2 applied",
        "seconds": 1.235,
    }


def test_a_resource_tells_its_differences_and_no_secret() -> None:
    differences = (Difference("mode", None, "0640"), Difference("content", Secret("s3cret"), "key=x\n"))
    event = Event(Kind.RESOURCE, AT, "web1", "converge", Outcome.CHANGED, "/env", "", 0.5, differences, {"role": "app"})
    told = json.loads(event_line(event))
    assert told["differences"] == [
        {"attribute": "mode", "before": None, "after": "0640"},
        {"attribute": "content", "before": "••••", "after": "key=x\n"},
    ]
    assert (told["subject"], told["detail"], told["seconds"]) == ("/env", {"role": "app"}, 0.5)


def test_what_took_no_time_has_no_seconds() -> None:
    assert json.loads(event_line(Event(Kind.NOTE, AT, text="x")))["seconds"] is None


def test_the_summary_carries_the_fields_of_what_it_is_given() -> None:
    summary = Summary("deployed", "r43", hosts={"web1": HostSummary(3, "built")})
    assert summary_line(summary, at=AT) == (
        '{"event": "summary", "schema": 1, "time": "2026-11-22T21:53:00.123Z", "status": "deployed", "release": "r43", '
        '"error": null, "hosts": {"web1": {"changed": 3, "virtualenv": "built"}}}'
    )


def test_a_stream_gets_a_line_an_event() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines(Event(Kind.NOTE, AT, text="one\ntwo"))
    lines(Event(Kind.SENDING, AT, subject="a file"))
    assert [json.loads(line)["text"] for line in stream.getvalue().splitlines()] == ["one\ntwo"]
