"""One running command: its input fed, the end of its output kept, and an end put to it where it must not go on."""

from __future__ import annotations

import os
import select
import time

from backline.agent.child import kill_group
from backline.agent.events import Event, Kind
from backline.resources.failure import Failure, Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

    from backline.agent.line import Line

KEPT_OUTPUT = 256 * 1024
LONGEST_LINE = 8 * 1024
TOLD_LINES = 20
"""How many of a command's last lines stand in a failure."""
TICK = 0.2
"""Seconds between two looks whether the process still is, and how long a child left behind may keep silent."""


class Watch:
    """Stays with a process until it and its output have ended, the controller has gone, or its time is over."""

    def __init__(
        self, process: subprocess.Popen[bytes], line: Line, *, stdin: bytes, live: bool, timeout: float
    ) -> None:
        self._process = process
        self._line = line
        self._input = memoryview(stdin)
        self._live = live
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._kept = bytearray()
        self._untold = bytearray()
        self._poll = select.poll()

    def until_it_ends(self) -> tuple[int, str]:
        """The exit code and the end of the output. Raises Interrupted or Failure once the whole group is killed."""
        try:
            self._register()
            self._follow_output()
            self._wait_for_end()
        except BaseException:
            kill_group(self._process)
            raise
        finally:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
        self._tell(b"\n" if self._untold else b"")
        return self._process.returncode, self._text()

    def _register(self) -> None:
        self._poll.register(self._line.wake, select.POLLIN)
        if self._process.stdout:
            self._poll.register(self._process.stdout, select.POLLIN)
        if self._process.stdin:
            os.set_blocking(self._process.stdin.fileno(), False)
            self._poll.register(self._process.stdin, select.POLLOUT)

    def _follow_output(self) -> None:
        output = self._process.stdout.fileno() if self._process.stdout else -1
        while True:
            ready = self._ready(TICK)
            if output in ready:
                if not self._take(output):
                    self._poll.unregister(output)
                    return
            elif not ready and self._process.poll() is not None:
                return  # the command has ended and left a child behind that keeps the output open

    def _wait_for_end(self) -> None:
        """Most commands end with their output, so the first looks come quickly."""
        wait = 0.001
        while self._process.poll() is None:
            self._ready(wait)
            wait = min(wait * 2, TICK)

    def _ready(self, wait: float) -> frozenset[int]:
        """Wait until something is to be done or for `wait` seconds; feeds the input by the way."""
        ready = frozenset(descriptor for descriptor, _ in self._poll.poll(wait * 1000))
        if self._line.gone:
            raise Interrupted("the controller has gone")
        if time.monotonic() > self._deadline:
            raise self._too_long()
        if self._process.stdin and not self._process.stdin.closed and self._process.stdin.fileno() in ready:
            self._feed()
        return ready

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            self._input = self._input[os.write(pipe.fileno(), self._input[:65536]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._input = self._input[:0]  # a command need not read what it is given
        if not self._input:
            self._poll.unregister(pipe)
            pipe.close()

    def _take(self, output: int) -> bool:
        """Read what there is. False at the end."""
        chunk = os.read(output, 65536)
        self._kept += chunk
        if len(self._kept) > 2 * KEPT_OUTPUT:
            del self._kept[:-KEPT_OUTPUT]
        self._tell(chunk)
        return bool(chunk)

    def _tell(self, chunk: bytes) -> None:
        """Send the lines that are complete, and what is too long to be waited for."""
        if not self._live:
            return
        *lines, rest = (bytes(self._untold) + chunk).split(b"\n")
        for text in lines:
            self._send(self._cut(text))
        self._untold = bytearray(self._cut(rest))

    def _cut(self, text: bytes) -> bytes:
        """Send a long line's pieces, all but the last, which is returned."""
        while len(text) > LONGEST_LINE:
            self._send(text[:LONGEST_LINE])
            text = text[LONGEST_LINE:]
        return text

    def _send(self, text: bytes) -> None:
        shown = text.decode("utf-8", "replace").rstrip("\r")
        self._line.send_event(Event(Kind.OUTPUT, time.time(), text=shown))

    def _text(self) -> str:
        return bytes(self._kept[-KEPT_OUTPUT:]).decode("utf-8", "replace")

    def _too_long(self) -> Failure:
        name = os.fsdecode(self._process.args[0]) if isinstance(self._process.args, (list, tuple)) else "the command"
        return Failure(
            f"{name} was still running after {self._timeout:g} s and was stopped",
            lines=tuple(self._text().splitlines()[-TOLD_LINES:]),
        )
