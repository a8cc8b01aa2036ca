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
PIECE = 256 * 1024
TICK = 0.2
"""Seconds between two looks whether the controller that does not read is still there."""


class Connection:
    """Frames from descriptor `source`, frames to descriptor `sink`; implements Line."""

    def __init__(self, source: int, sink: int, first: bytes = b"", silence: float = SILENCE) -> None:
        self._source = source
        self._sink = sink
        self._silence = silence
        self._frames = FrameReader()
        self._waiting: deque[dict[str, object] | bytes] = deque(self._frames.feed(first))
        self._bytes_in = 0
        self._bytes_taken = 0
        """Two counters, since each is written by one thread only: a common one would lose count."""
        self._unsent = b""
        self._closed = False
        self._interrupted = False
        self._stopped_up_to = 0
        self._sending = _thread.allocate_lock()
        self._interrupting = _thread.allocate_lock()
        self._ready, self._ready_writer = os.pipe()
        self._wake, self._wake_writer = os.pipe()
        os.set_blocking(sink, False)  # a controller that does not read must not keep us from seeing that it is gone
        os.set_blocking(self._ready_writer, False)
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
    def busy(self) -> bool:
        """Whether something has come that is not dealt with yet."""
        return bool(self._waiting) or self._closed

    def enter(self, request: int) -> None:
        """What is done now is this request: an interrupt that was meant for an earlier one is forgotten."""
        with self._interrupting:
            self.request = request
            if self._interrupted and request > self._stopped_up_to:
                self._interrupted = False
                os.read(self._wake, 1)

    @property
    def wake(self) -> int:
        return self._wake

    def send(self, message: Mapping[str, object]) -> None:
        """Write one message; a controller that has gone is noticed by the reader, not here."""
        with self._sending:
            self._unsent += message_frame(message)
            while self._unsent and not self._closed:
                self._write_some()
                if self._unsent:
                    select.select([], [self._sink], [], TICK)

    def send_event(self, event: Event) -> None:
        self.send({"m": "event", "id": self.request, "event": encoded(event)})

    def next(self) -> dict[str, object] | bytes | None:
        """The next message or piece of bytes; None when the controller has gone."""
        while not self._waiting:
            if self._closed:
                return None
            os.read(self._ready, 4096)
        frame = self._waiting.popleft()
        self._bytes_taken += len(frame) if isinstance(frame, bytes) else 0
        return frame

    def _write_some(self) -> None:
        """As much of what is unsent as the line takes now."""
        try:
            self._unsent = self._unsent[os.write(self._sink, self._unsent[:PIECE]) :]
        except BlockingIOError:
            return
        except OSError:  # the pipe is closed: the reader will see its end as well
            self._unsent = b""

    def _read_on(self) -> None:
        try:
            self._read_until_gone()
        finally:
            self._closed = True
            os.write(self._wake_writer, b"x")
            self._announce()

    def _read_until_gone(self) -> None:
        heard = told = time.monotonic()
        while True:
            if self._bytes_in - self._bytes_taken >= READ_AHEAD:
                time.sleep(0.01)
                heard = time.monotonic()  # no silence: we do not listen
            elif select.select([self._source], [], [], min(BEAT, self._silence))[0]:
                data = self._read()
                if data == b"":
                    return
                self._take(data or b"")
                heard = time.monotonic()
            elif time.monotonic() - heard >= self._silence:
                return
            if time.monotonic() - told >= BEAT:
                told = time.monotonic()
                self._beat()

    def _read(self) -> bytes | None:
        """What has come; b"" at the end, None for nothing (where input and output are one socket, neither blocks)."""
        try:
            return os.read(self._source, 262144)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _beat(self) -> None:
        """A sign of life, unless another message is on its way; never waits, for this thread must go on listening."""
        if self._sending.acquire(False):
            try:
                self._unsent = self._unsent or message_frame({"m": "beat"})
                self._write_some()
            finally:
                self._sending.release()

    def _take(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            if isinstance(frame, dict) and frame["m"] == "ping":
                continue  # its arrival was all it had to say
            if isinstance(frame, dict) and frame["m"] == "interrupt":
                self._interrupt(int(str(frame["last"])))
                continue
            self._bytes_in += len(frame) if isinstance(frame, bytes) else 0
            self._waiting.append(frame)
            self._announce()

    def _announce(self) -> None:
        """Wake `next`. A full pipe wakes it as well."""
        try:
            os.write(self._ready_writer, b"x")
        except BlockingIOError:
            pass

    def _interrupt(self, last: int) -> None:
        """Stop the requests up to `last`; one that is asked later is not meant, even if it is there already."""
        with self._interrupting:
            self._stopped_up_to = max(self._stopped_up_to, last)
            if self.request <= last and not self._interrupted:
                self._interrupted = True
                os.write(self._wake_writer, b"x")
