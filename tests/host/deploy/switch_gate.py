"""Holds a host at the beginning of its switch, so that what is to happen before or meanwhile happens exactly then."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.host.deploy.cutting import SandboxHost, eventually


class SwitchGate:
    """The first thing that a guard does for the switch is to read the live record. As long as that is a pipe into which
    nobody writes, the guard waits there. Nobody else reads it once the run pushes code."""

    def __init__(self, host: SandboxHost) -> None:
        self._record: Path = host.state / "live.json"
        self._text = self._record.read_bytes()
        self._pipe = -1
        candidate = self._record.with_name("live.json.gate")
        os.mkfifo(candidate)
        candidate.rename(self._record)

    def await_guard(self) -> None:
        """Wait until the guard stands there."""
        eventually(self._is_reached)

    def open(self) -> None:
        """Let the guard go on, with what it wanted to read."""
        os.write(self._pipe, self._text)
        self._close()

    def take_away(self) -> None:
        """The record as it was, where nobody has written another one."""
        self._close()
        if self._record.is_fifo():
            candidate = self._record.with_name("live.json.gate")
            candidate.write_bytes(self._text)
            candidate.rename(self._record)

    def _is_reached(self) -> bool:
        if self._pipe < 0:
            try:
                self._pipe = os.open(self._record, os.O_WRONLY | os.O_NONBLOCK)  # refused where nobody reads
            except OSError:
                return False
        return True

    def _close(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


@contextmanager
def switch_gates(*hosts: SandboxHost) -> Iterator[tuple[SwitchGate, ...]]:
    """One at each of these hosts, from the time on at which the run has read what is there."""
    gates = tuple(SwitchGate(host) for host in hosts)
    try:
        yield gates
    finally:
        for gate in gates:
            gate.take_away()
