"""Events for people: at a terminal a moving line for each step that runs and a lasting one when it has ended, elsewhere
one plain line for each event that matters."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from backline.agent.events import Event, Kind, Outcome
from backline.fleet.upload import upload_of
from backline.report.cells import is_terminal, printable, terminal_width, wants_color
from backline.report.differences import as_diff
from backline.report.lines import Lines
from backline.report.masking import masked_event
from backline.report.paint import Paint
from backline.resources.foresight import Would

if TYPE_CHECKING:
    from backline.report.live import LiveRows, Running

WORDY = (Kind.STARTED, Kind.OUTPUT, Kind.SENT)
"""The kinds of events that only `--verbose` shows as lines of their own."""

DIFF_INDENT = " " * 11


class Console:
    """Listens to events, from any thread. Use it as a context manager, so that the terminal is left as it was found."""

    def __init__(
        self,
        stream: TextIO,
        errors: TextIO,
        color: bool | None = None,
        verbose: bool = False,
        *,
        diff: bool = False,
        hosts: Iterable[str] = (),
    ) -> None:
        """`color` None looks at the streams and the environment; `diff` shows files that change line by line, as
        `verbose` does too. Knowing the `hosts` before aligns the first lines."""
        self._stream = stream
        self._errors = errors
        self._verbose = verbose
        self._diff = diff or verbose
        self._lines = Lines(Paint(wants_color(stream) if color is None else color), lambda: terminal_width(stream))
        self._warnings = Lines(Paint(wants_color(errors) if color is None else color), lambda: terminal_width(errors))
        self._running: dict[str, Running] = {}
        self._telling = threading.RLock()
        for host in hosts:
            self._lines.know(host)
        self._live: LiveRows | None = self._live_rows() if is_terminal(stream) else None

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, event: Event) -> None:
        told = masked_event(event)
        with self._telling:
            # Also of events that make no line, so that the lines to come stand in one column.
            self._lines.know(told.host)
            self._follow(told)
            lines = self._text_of(told) if self._matters(told) else ""
            if self._live:
                self._live.show(tuple(self._running.values()), lines)
            elif lines:
                print(lines, end="", file=self._stream, flush=True)

    def close(self) -> None:
        """End the moving lines. What is told later is told in lasting lines."""
        with self._telling:
            self._running.clear()
            if self._live:
                self._live.close()
                self._live = None

    def _follow(self, event: Event) -> None:
        """Keep in mind what runs, and its last words."""
        if not self._live:
            return
        if event.kind == Kind.STARTED:
            from backline.report.live import Running

            self._running[event.host] = Running(event.host, event.step)
        elif event.kind == Kind.FINISHED:
            self._running.pop(event.host, None)
        elif event.host in self._running:
            running = self._running[event.host]
            running.changed += event.kind == Kind.RESOURCE and event.status in (Outcome.CHANGED, Outcome.WOULD_CHANGE)
            if event.kind == Kind.OUTPUT:
                running.last_words = printable(event.text) or running.last_words
            if event.kind in (Kind.SENDING, Kind.SENT):
                running.upload = upload_of(event)

    def _matters(self, event: Event) -> bool:
        if event.kind == Kind.SENDING:
            return False
        if event.kind == Kind.FORESEEN and event.status == Would.CHANGE:
            return self._diff  # that it would be sent is told anyway
        if event.kind in WORDY or event.status == Outcome.ASKED:
            return self._verbose
        if event.kind == Kind.RESOURCE:
            # What belongs to no role is the runbook's own making, and the end of its step says what came of it.
            changed_role = event.status != Outcome.OK and bool(event.detail.get("role"))
            return self._verbose or changed_role or event.status == Outcome.FAILED
        return True

    def _text_of(self, event: Event) -> str:
        """Whole lines for standard output; a warning goes to standard error by itself, unless both are one screen."""
        if event.kind == Kind.WARNING and not (self._live and self._errors.isatty()):
            print(self._warnings.of(event), file=self._errors, flush=True)
            return ""
        lines = [self._lines.of(event)]
        if self._diff:
            lines += [f"{DIFF_INDENT}{line}" for line in as_diff(event.differences)]
        return "".join(f"{line}\n" for line in lines if line)

    def _live_rows(self) -> LiveRows:
        from backline.report.live import LiveRows

        return LiveRows(self._stream, self._lines.running)
