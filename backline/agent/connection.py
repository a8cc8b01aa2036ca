"""The agent's end of the wire: one thread that only reads and keeps time, so that the rest of the agent may block.

The thread notices the end of the input and silence alike, tells the controller every few seconds that the host lives,
and reads no further than a bound ahead, so that an upload is held back by the channel and not kept in memory.
"""

from __future__ import annotations

import _thread
import os
import select
import time
from collections import deque

from backline.agent.wire import FrameReader, message_frame
from backline.resources.codec import encoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.agent.events import Event

BEAT = 3.0
"""Seconds between two signs of life; the controller's are as often."""
SILENCE = 15.0
"""Seconds without a byte from the controller after which it is taken for gone."""
READ_AHEAD = 8 * 1024 * 1024
"""Bytes that may wait for the agent's main thread."""


class Connection:
    """Frames from descriptor `source`, frames to descriptor `sink`; implements Line."""

    def __init__(self, source: int, sink: int, first: bytes = b"") -> None:
        self._source = source
        self._sink = sink
        self._frames = FrameReader()
        self._waiting: deque[dict[str, object] | bytes] = deque(self._frames.feed(first))
        self._waiting_bytes = 0
        self._closed = False
        self._interrupted = False
        self._sending = _thread.allocate_lock()
        self._ready, self._ready_writer = os.pipe()
        self._wake, self._wake_writer = os.pipe()
        self.request = 0
        """The number of the request that is being answered; its events carry it."""

    def start(self) -> None:
        """Begin to read; not in __init__, so that the first frames are dealt with before a thread exists."""
        _thread.start_new_thread(self._read_on, ())

    @property
    def gone(self) -> bool:
        """The controller has left, or wants what is being done to stop."""
        return self._closed or self._interrupted

    @property
    def closed(self) -> bool:
        """The controller has left for good."""
        return self._closed

    def settle_interrupt(self) -> None:
        """What was to stop has stopped."""
        if self._interrupted and not self._closed:
            self._interrupted = False
            os.read(self._wake, 1)

    @property
    def wake(self) -> int:
        return self._wake

    def send(self, message: Mapping[str, object]) -> None:
        """Write one message; a controller that has gone is noticed by the reader, not here."""
        with self._sending:
            self._write(message_frame(message))

    def send_event(self, event: Event) -> None:
        self.send({"m": "event", "id": self.request, "event": encoded(event)})

    def next(self) -> dict[str, object] | bytes | None:
        """The next message or piece of bytes; None when the controller has gone."""
        while not self._waiting:
            if self._closed:
                return None
            select.select([self._ready] if self._interrupted else [self._ready, self._wake], [], [])
            self._drain_ready()
        frame = self._waiting.popleft()
        self._waiting_bytes -= len(frame) if isinstance(frame, bytes) else 0
        return frame

    def _drain_ready(self) -> None:
        if select.select([self._ready], [], [], 0)[0]:
            os.read(self._ready, 4096)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._closed:
            try:
                view = view[os.write(self._sink, view) :]
            except OSError:  # the pipe is closed: the reader will see its end as well
                return

    def _read_on(self) -> None:
        try:
            self._read_until_gone()
        finally:
            self._closed = True
            os.write(self._wake_writer, b"x")

    def _read_until_gone(self) -> None:
        heard = time.monotonic()
        told = heard
        while time.monotonic() - heard < SILENCE:
            room = self._waiting_bytes < READ_AHEAD
            readable = select.select([self._source] if room else [], [], [], BEAT if room else 0.01)[0]
            if readable:
                data = os.read(self._source, 262144)
                if not data:
                    return
                heard = time.monotonic()
                self._take(data)
            elif not room:
                heard = time.monotonic()  # not silence: we do not listen
            if time.monotonic() - told >= BEAT and self._sending.acquire(False):
                told = time.monotonic()
                try:
                    self._write(message_frame({"m": "beat"}))
                finally:
                    self._sending.release()

    def _take(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            if isinstance(frame, dict) and frame["m"] == "ping":
                continue  # its arrival was all it had to say
            if isinstance(frame, dict) and frame["m"] == "interrupt":
                self._interrupt()
                continue
            self._waiting_bytes += len(frame) if isinstance(frame, bytes) else 0
            self._waiting.append(frame)
            os.write(self._ready_writer, b"x")

    def _interrupt(self) -> None:
        """Only what is being done now is stopped; an interrupt that finds nothing to stop is forgotten by the loop."""
        if not self._interrupted:
            self._interrupted = True
            os.write(self._wake_writer, b"x")
