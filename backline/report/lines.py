"""An event as one line for a person: when it took, where, what, and what it came to, in columns."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.cells import cell_len

from backline.agent.events import Event, Kind, Outcome
from backline.report.cells import duration, padded, printable
from backline.report.differences import in_words
from backline.report.paint import Paint
from backline.resources.foresight import Would

if TYPE_CHECKING:
    from backline.report.live import Running

TIME_WIDTH = 7
WIDEST_HOST = 24
FORESEEN_WIDTH = len("would change")
STEP_WIDTH = 20
"""The longest name of a step in the runbook; a longer one pushes its line to the right."""


class Lines:
    """Makes lines. The host's column is as wide as the longest name so far."""

    def __init__(self, paint: Paint) -> None:
        self._paint = paint
        self._host_width = 0

    def know(self, host: str) -> None:
        """A host that lines will be about."""
        self._host_width = max(self._host_width, min(cell_len(host), WIDEST_HOST))

    def of(self, event: Event) -> str:
        """The line of an event; empty for what people are not told."""
        self.know(event.host)
        made = {
            Kind.STARTED: self._started,
            Kind.FINISHED: self._finished,
            Kind.RESOURCE: self._resource,
            Kind.HANDLER: self._handler,
            Kind.FORESEEN: self._foreseen,
            Kind.OUTPUT: self._output,
            Kind.NOTE: self._note,
            Kind.WARNING: self._warning,
        }.get(event.kind)
        return made(event).rstrip() if made else ""

    def running(self, step: Running) -> str:
        """The row of a step that runs."""
        count = f"{step.changed} changed" if step.changed else ""
        words = " · ".join(part for part in (count, step.last_words) if part)
        took = duration(time.monotonic() - step.began)
        host = padded(step.host, self._host_width)
        return f"{took:>{TIME_WIDTH}}  {host}  {padded(step.step, STEP_WIDTH)}  {words}".rstrip()

    def _started(self, event: Event) -> str:
        return self._row("", event.host, f"{padded(event.step, STEP_WIDTH)}  …")

    def _finished(self, event: Event) -> str:
        failed = event.status == Outcome.FAILED
        step = self._paint("bad" if failed else "strong", padded(event.step, STEP_WIDTH))
        text = " ".join(part for part in ("failed" if failed else "", printable(event.text)) if part)
        return self._row(duration(event.seconds), event.host, f"{step}  {self._paint('bad', text) if failed else text}")

    def _resource(self, event: Event) -> str:
        words = {
            Outcome.CHANGED: ("warning", "changed"),
            Outcome.WOULD_CHANGE: ("warning", "would change"),
            Outcome.FAILED: ("bad", "could not change"),
            Outcome.OK: ("good", "unchanged"),
        }
        meaning, word = words.get(event.status, ("warning", event.status))
        what = in_words(event.differences) or printable(event.text)
        subject = printable(event.subject) + (f": {what}" if what else "")
        return self._row("", event.host, f"{self._paint(meaning, word)} {subject}")

    def _handler(self, event: Event) -> str:
        if event.status == Would.RUN:
            return self._foreseen(event)
        failed = event.status == Outcome.FAILED
        word = self._paint("bad", "handler failed") if failed else self._paint("warning", "handler")
        return self._row(duration(event.seconds), event.host, f"{word} {printable(event.subject)}")

    def _foreseen(self, event: Event) -> str:
        """`would start shop-web-r43`; the words stand in one column, that of `would change`."""
        word = self._paint("warning", padded(event.status.replace("-", " "), FORESEEN_WIDTH))
        text = f": {printable(event.text)}" if event.text else ""
        return self._row("", event.host, f"{word} {printable(event.subject)}{text}")

    def _output(self, event: Event) -> str:
        return self._row("", event.host, self._paint("faint", f"| {printable(event.text)}".rstrip()))

    def _note(self, event: Event) -> str:
        return self._row("", event.host, printable(event.text))

    def _warning(self, event: Event) -> str:
        where = f"{event.host}: " if event.host else ""
        return f"{self._paint('warning', 'warning:')} {where}{printable(event.text)}"

    def _row(self, took: str, host: str, rest: str) -> str:
        return f"{self._paint('faint', f'{took:>{TIME_WIDTH}}')}  {self._host(host)}{rest}"

    def _host(self, host: str) -> str:
        """The host's column, or nothing where no event had a host yet."""
        return self._paint("name", padded(host, self._host_width)) + "  " if self._host_width else ""
