"""Listens on the wire between a session and its agent, and counts what goes over it by itself."""

from __future__ import annotations

import threading

from backline.agent.wire import FrameReader
from backline.transport.stream import Stream

ANSWERS = ("hello", "answer", "failure")
REQUESTS = ("do", "blob")


class Wiretap:
    """A Stream that hands everything on, and remembers which kinds of messages went which way."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._incoming = FrameReader()
        self._outgoing = FrameReader()
        self._lock = threading.Lock()
        self.said: list[str] = []

    def round_trips(self) -> int:
        """How often a request followed an answer: the agent had to wait for it."""
        relevant = [word for word in self.said if word in ANSWERS + REQUESTS]
        pairs = zip(relevant, relevant[1:], strict=False)
        return sum(before in ANSWERS and after in REQUESTS for before, after in pairs)

    def write(self, data: bytes | memoryview) -> None:
        self._note(self._outgoing, bytes(data))
        self._stream.write(data)

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._note(self._incoming, data)
        return data

    def close(self) -> None:
        self._stream.close()

    def error_output(self) -> str:
        return self._stream.error_output()

    def exit_code(self) -> int | None:
        return self._stream.exit_code()

    def _note(self, frames: FrameReader, data: bytes) -> None:
        with self._lock:
            self.said += [str(frame["m"]) for frame in frames.feed(data) if isinstance(frame, dict)]
