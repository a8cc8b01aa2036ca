"""Events for machines: one JSON object a line; the summary is the last."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TextIO

from backline.agent.events import SCHEMA, Event, Kind
from backline.report.masking import masked_event, masked_value

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

UNTOLD = (Kind.SENDING,)
"""Kinds of events that only move a bar; every file's end is told."""

TIMED = (Kind.FINISHED, Kind.RESOURCE, Kind.HANDLER)
"""The kinds of events whose `seconds` mean something."""


class JsonLines:
    """Listens to events and writes each as a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writing = threading.Lock()

    def __call__(self, event: Event) -> None:
        if event.kind not in UNTOLD:
            self._write(event_line(event))

    def _write(self, line: str) -> None:
        with self._writing:
            self._stream.write(line + "\n")
            self._stream.flush()


def event_line(event: Event) -> str:
    """One event as one line of JSON. What an event has not is null; `differences` and `detail` are left out."""
    told = masked_event(event)
    form: dict[str, object] = {
        "event": told.kind,
        "schema": SCHEMA,
        "time": timestamp(told.time),
        "host": told.host or None,
        "step": told.step or None,
        "status": told.status or None,
        "subject": told.subject or None,
        "text": told.text or None,
        "seconds": round(told.seconds, 3) if told.kind in TIMED else None,
    }
    if told.differences:
        form["differences"] = masked_value(told.differences)
    if told.detail:
        form["detail"] = told.detail
    return json.dumps(form, ensure_ascii=False)


def summary_line(summary: DataclassInstance, *, at: float | None = None) -> str:
    """The last line of a run: the summary's fields behind `"event": "summary"`."""
    moment = timestamp(time.time() if at is None else at)
    fields = masked_value(summary)
    assert isinstance(fields, dict)
    return json.dumps({"event": Kind.SUMMARY, "schema": SCHEMA, "time": moment, **fields}, ensure_ascii=False)


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond: `2026-11-22T21:53:00.123Z`."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
