"""The last lines of log files, and then every line that comes, through truncation and rotation."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from backline.agent.events import Event, Kind
from backline.agent.machine import machine_of
from backline.resources.log_tail import last_lines, read_tail
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

LOOK_SECONDS = 0.25
LONGEST_READ = 1024 * 1024


@dataclass(frozen=True)
class TailLogs(Action):
    """Tells each line as an OUTPUT event about its label. With `follow`, until the controller leaves."""

    files: tuple[tuple[str, str], ...]
    """(label, path); a file need not be there yet."""
    lines: int = 20
    follow: bool = False

    def perform(self, host: Host) -> None:
        if self.follow:
            self._follow(host)
        for label, path in self.files:
            for line in last_lines(path, self.lines):
                self._tell(host, label, line)

    def _follow(self, host: Host) -> NoReturn:
        """Ends by the Interrupted of a pause."""
        followed = [_Followed(label, path) for label, path in self.files]
        for one in followed:
            for line in one.begin(self.lines):
                self._tell(host, one.label, line)
        while True:
            host.pause(LOOK_SECONDS)
            for one in followed:
                for line in one.new_lines():
                    self._tell(host, one.label, line)

    def _tell(self, host: Host, label: str, line: str) -> None:
        machine_of(host).send_event(Event(Kind.OUTPUT, time.time(), subject=label, text=line))


@dataclass
class _Followed:
    """One file that grows, is emptied, or is moved away for a new one."""

    label: str
    path: str
    _descriptor: int = -1
    _position: int = 0
    _half: bytes = field(default=b"")

    def begin(self, count: int) -> Iterator[str]:
        """The last lines that are there now; new_lines goes on behind them. A line that is still being written is left
        to new_lines."""
        self._open()
        if self._descriptor < 0:
            return
        tail, self._position = read_tail(self._descriptor, count)
        *lines, self._half = tail.split(b"\n")
        for line in lines[max(len(lines) - count, 0) :]:
            yield self._text(line)

    def new_lines(self) -> Iterator[str]:
        """What has come since, line by line."""
        if self._descriptor >= 0:
            yield from self._read()
        if self._is_another_file():
            if self._half:
                yield self._text(self._half)
            self._close()
            self._open()
            if self._descriptor >= 0:
                yield from self._read()

    def _read(self) -> Iterator[str]:
        if os.fstat(self._descriptor).st_size < self._position:
            self._position, self._half = 0, b""
        while True:
            chunk = os.pread(self._descriptor, LONGEST_READ, self._position)
            if not chunk:
                return
            self._position += len(chunk)
            *lines, self._half = (self._half + chunk).split(b"\n")
            for line in lines:
                yield self._text(line)

    def _is_another_file(self) -> bool:
        try:
            there = os.stat(self.path)
        except OSError:
            return False
        if self._descriptor < 0:
            return True
        ours = os.fstat(self._descriptor)
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def _open(self) -> None:
        try:
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = -1

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._position, self._half = -1, 0, b""

    def _text(self, line: bytes) -> str:
        return line.decode("utf-8", "replace").rstrip("\r")
