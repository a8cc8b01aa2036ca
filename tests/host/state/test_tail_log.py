"""Log lines are told once each and in order, whatever becomes of the file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.tail_log import TailLogs
from backline.resources.failure import Interrupted
from backline.resources.log_tail import last_lines

from .conftest import Listener, eventually


def told(listener: Listener) -> list[str]:
    return [event.text for event in listener.events]


@contextmanager
def following(machine: Machine, listener: Listener, action: TailLogs) -> Iterator[None]:
    """The action at work, until the controller leaves."""
    ends: list[BaseException] = []

    def perform() -> None:
        try:
            action.perform(machine)
        except Interrupted as end:
            ends.append(end)

    thread = threading.Thread(target=perform)
    thread.start()
    try:
        yield
    finally:
        listener.gone = True
        os.write(listener.other_end, b"x")
        thread.join()
    assert len(ends) == 1


@pytest.fixture
def watcher() -> Iterator[Machine]:
    """Another machine to wait with, whose controller stays."""
    line = Listener()
    yield Machine(line)
    line.close()


def append(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_last_lines_are_read_from_the_end(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"line %d %s\n" % (number, b"x" * 3000) for number in range(100)) + b"caf\xe9")
    lines = last_lines(str(log), 3)
    assert [line[:7] for line in lines] == ["line 98", "line 99", "caf\N{REPLACEMENT CHARACTER}"]
    assert last_lines(str(log), 0) == ()
    assert len(last_lines(str(log), 1000)) == 101
    assert last_lines(str(tmp_path / "none")) == ()


def test_each_file_is_told_with_its_label(tmp_path: Path, machine: Machine, listener: Listener) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text("1\n2\n3")
    second.write_text("4\n")
    TailLogs((("a", str(first)), ("b", str(second)), ("c", "/nowhere")), lines=2).perform(machine)
    assert [(event.subject, event.text) for event in listener.events] == [("a", "2"), ("a", "3"), ("b", "4")]


def test_lines_are_followed_through_rotation_and_truncation(
    tmp_path: Path, machine: Machine, listener: Listener, watcher: Machine
) -> None:
    log = tmp_path / "a.log"
    log.write_text("old\nhal")
    with following(machine, listener, TailLogs((("a", str(log)),), lines=5, follow=True)):
        eventually(watcher, lambda: told(listener) == ["old"])
        append(log, b"f\n")
        eventually(watcher, lambda: told(listener) == ["old", "half"])
        log.rename(tmp_path / "a.log.1")
        append(tmp_path / "a.log.1", b"last of the old\n")
        log.write_text("first of the new\n")
        eventually(watcher, lambda: told(listener)[2:] == ["last of the old", "first of the new"])
        log.write_text("")
        append(log, b"empty\n")
        eventually(watcher, lambda: told(listener)[4:] == ["empty"])


def test_file_that_comes_later_is_followed(
    tmp_path: Path, machine: Machine, listener: Listener, watcher: Machine
) -> None:
    log = tmp_path / "a.log"
    with following(machine, listener, TailLogs((("a", str(log)),), lines=5, follow=True)):
        log.write_text("here\n")
        eventually(watcher, lambda: told(listener) == ["here"])
