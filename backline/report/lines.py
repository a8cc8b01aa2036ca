"""An event as one line for a person: when it took, where, what, and what it came to, in columns."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.cells import cell_len

from backline.agent.events import Event, Kind, Outcome
from backline.report.bar import bar
from backline.report.cells import cut, duration, padded, printable, wrapped
from backline.report.differences import in_words, is_creation
from backline.report.paint import Paint
from backline.resources.foresight import Would
from backline.resources.words import data_size

if TYPE_CHECKING:
    from backline.report.live import Running

TIME_WIDTH = 7
GAP = "  "
WIDEST_HOST = 24
FORESEEN_WIDTH = len("would change")
STEP_WIDTH = 20
"""Room for the name of a step; a longer one pushes its line to the right."""
NARROWEST = 16
"""Cells that what a line says must have, to be folded in its column; a narrower terminal folds by itself."""


def unlimited() -> int | None:
    """The width where nothing is folded: one event, one line."""
    return None


class Lines:
    """Makes lines. The host's column is as wide as the longest name so far."""

    def __init__(self, paint: Paint, width: Callable[[], int | None] = unlimited) -> None:
        """`width` says how many cells the terminal's lines have now, None where it is none."""
        self._paint = paint
        self._width = width
        self._host_width = 0

    def know(self, host: str) -> None:
        """A host that lines will be about."""
        self._host_width = max(self._host_width, min(cell_len(host), WIDEST_HOST))

    def of(self, event: Event) -> str:
        """The line of an event, folded where the terminal is narrow; empty for what people are not told."""
        self.know(event.host)
        made = {
            Kind.STARTED: self._started,
            Kind.FINISHED: self._finished,
            Kind.RESOURCE: self._resource,
            Kind.HANDLER: self._handler,
            Kind.FORESEEN: self._foreseen,
            Kind.OUTPUT: self._output,
            Kind.NOTE: self._note,
            Kind.SENT: self._sent,
            Kind.WARNING: self._warning,
        }.get(event.kind)
        return made(event).rstrip() if made else ""

    def running(self, step: Running, width: int) -> str:
        """The row of a step that runs, cut to the width."""
        lead = self._lead(duration(time.monotonic() - step.began), step.host)
        begun = f"{lead}{padded(step.step, STEP_WIDTH)}"
        room = width - cell_len(begun) - len(GAP)
        if room <= 0:
            return cut(begun.rstrip(), width)
        count = f"{step.changed} changed" if step.changed else ""
        words = " · ".join(part for part in (count, step.last_words) if part)
        told = bar(step.upload, room, self._paint) if step.upload else cut(words, room)
        painted = f"{self._painted_lead(lead, step.host)}{self._paint('strong', padded(step.step, STEP_WIDTH))}"
        return f"{painted}{GAP}{told}".rstrip()

    def _started(self, event: Event) -> str:
        return self._row("", event.host, padded(event.step, STEP_WIDTH) + GAP, "…")

    def _finished(self, event: Event) -> str:
        step = padded(event.step, STEP_WIDTH) + GAP
        took = duration(event.seconds)
        if event.status != Outcome.FAILED:
            return self._row(took, event.host, step, printable(event.text), meaning="strong")
        text = " ".join(filter(None, ("failed", printable(event.text))))
        return self._row(took, event.host, step, text, meaning="bad", says="bad")

    def _resource(self, event: Event) -> str:
        words = {
            Outcome.CHANGED: ("warning", "changed"),
            Outcome.WOULD_CHANGE: ("warning", "would change"),
            Outcome.FAILED: ("bad", "could not change"),
            Outcome.OK: ("good", "unchanged"),
        }
        meaning, word = words.get(event.status, ("warning", event.status))
        what = in_words(event.differences) or printable(event.text)
        if event.status == Outcome.FAILED and is_creation(event.differences):
            word, what = "could not create", ""
        subject = printable(event.subject) + (f": {what}" if what else "")
        return self._row("", event.host, f"{word} ", subject, meaning=meaning)

    def _handler(self, event: Event) -> str:
        if event.status == Would.RUN:
            return self._foreseen(event)
        failed = event.status == Outcome.FAILED
        meaning, word = ("bad", "handler failed") if failed else ("warning", "handler")
        return self._row(duration(event.seconds), event.host, f"{word} ", printable(event.subject), meaning=meaning)

    def _foreseen(self, event: Event) -> str:
        """`would start shop-web-r43`; the words stand in one column, that of `would change`."""
        word = padded(event.status.replace("-", " "), FORESEEN_WIDTH)
        text = f": {printable(event.text)}" if event.text else ""
        return self._row("", event.host, f"{word} ", f"{printable(event.subject)}{text}", meaning="warning")

    def _output(self, event: Event) -> str:
        return self._row("", event.host, "| ", printable(event.text), meaning="faint", says="faint")

    def _note(self, event: Event) -> str:
        return self._row("", event.host, "", printable(event.text))

    def _sent(self, event: Event) -> str:
        size = data_size(int(str(event.detail.get("bytes", 0))))
        return self._row("", event.host, "sent ", f"{printable(event.subject)}, {size}", meaning="warning")

    def _warning(self, event: Event) -> str:
        where = f"{event.host}: " if event.host else ""
        return self._folded("", "warning: ", f"{where}{printable(event.text)}", "warning", "")

    def _row(self, took: str, host: str, head: str, text: str, *, meaning: str = "", says: str = "") -> str:
        """Time and host, then `head` in the colour of its meaning, and `text` folded below where it begins."""
        lead = self._lead(took, host)
        return self._folded(lead, head, text, meaning, says, self._painted_lead(lead, host))

    def _folded(self, lead: str, head: str, text: str, meaning: str, says: str, painted: str = "") -> str:
        begin = cell_len(lead) + cell_len(head)
        width = self._width()
        rows = [text]
        if width is not None and width - begin >= NARROWEST:
            rows = wrapped(text, width - begin) or [""]
        told = [self._paint(says, row) if says else row for row in rows]
        shown = self._paint(meaning, head) if meaning else head
        return f"\n{' ' * begin}".join([f"{painted or lead}{shown}{told[0]}", *told[1:]])

    def _lead(self, took: str, host: str) -> str:
        """The columns of the time and of the host, which is left out where no event had one yet."""
        name = host if self._width() is None else cut(host, self._host_width)
        return f"{took:>{TIME_WIDTH}}{GAP}" + (padded(name, self._host_width) + GAP if self._host_width else "")

    def _painted_lead(self, lead: str, host: str) -> str:
        time, name = lead[: TIME_WIDTH + len(GAP)], lead[TIME_WIDTH + len(GAP) :]
        return f"{time}{self._paint('name', name)}" if host else lead
