"""Log lines are told once each and in order, whatever becomes of the file, and at whatever moment one looks."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from backline.agent.log_places import LONGEST_LINE, Ending, Place, first_place, read_on
from backline.agent.machine import Machine
from backline.agent.steps.tail_log import AwaitLogs, FindLastLines, Position, ReadLogs
from backline.resources.failure import Interrupted
from backline.resources.log_tail import last_lines

from .conftest import Listener


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "a.log"


class Told:
    """Somebody who reads a log, a page at a time."""

    def __init__(self, path: Path, lines: int | None = None, limit: int = 64) -> None:
        self.path, self.limit = str(path), limit
        self.place = Place() if lines is None else first_place(self.path, lines)
        self.text = b""
        self.lost = False

    def page(self) -> bool:
        reading = read_on(self.path, self.place, self.limit)
        self.place, self.text = reading.place, self.text + reading.text
        self.lost |= reading.lost
        return reading.more

    def news(self) -> list[bytes]:
        """Everything that there is."""
        self.text = b""
        while self.page():
            pass
        return self.text.split(b"\n")[:-1]


def append(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def rotate(path: Path, backups: int = 5) -> None:
    """As Supervisor does it: the oldest goes, each moves up, and a new one is begun."""
    names = [path, *(Path(f"{path}.{number}") for number in range(1, backups + 1))]
    names[-1].unlink(missing_ok=True)
    for old, new in reversed(list(zip(names, names[1:], strict=False))):
        if old.exists():
            old.rename(new)
    path.touch()


def test_last_lines_are_read_from_the_end(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"line %d %s\n" % (number, b"x" * 3000) for number in range(100)) + b"caf\xe9")
    lines = last_lines(str(log), 3)
    assert [line[:7] for line in lines] == ["line 98", "line 99", "caf\N{REPLACEMENT CHARACTER}"]
    assert last_lines(str(log), 0) == ()
    assert len(last_lines(str(log), 1000)) == 101
    assert last_lines(str(tmp_path / "none")) == ()


@pytest.mark.parametrize("count", [0, 1, 3, 7, 50])
def test_the_last_lines_are_found_through_rotation(log: Path, count: int) -> None:
    numbers = [b"%d" % number for number in range(10)]
    for number in numbers:
        append(log, number + b"\n")
        if number in (b"3", b"6", b"9"):
            rotate(log)
    assert Told(log, count).news() == (numbers[-count:] if count else [])


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_line_that_is_being_written_is_told_when_it_has_ended(log: Path, count: int) -> None:
    log.write_bytes(b"old\nhal")
    told = Told(log, count)
    assert told.news() == ([b"old"] if count > 1 else [])
    append(log, b"f\n")
    assert told.news() == [b"half"]


def test_a_line_that_rotation_cut_in_two_is_told_as_one(log: Path) -> None:
    told = Told(log)
    append(log, b"one\nbeg")
    assert told.news() == [b"one"]
    rotate(log)
    assert told.news() == []
    append(log, b"un\ntwo\n")
    assert told.news() == [b"begun", b"two"]


def test_rotated_more_than_once_between_two_looks(log: Path) -> None:
    told = Told(log)
    append(log, b"1\n")
    assert told.news() == [b"1"]
    for number in (2, 3, 4):
        append(log, b"%d\n" % number)
        rotate(log)
    append(log, b"5\n")
    assert (told.news(), told.lost) == ([b"2", b"3", b"4", b"5"], False)


def test_emptied_and_grown_past_the_place(log: Path) -> None:
    log.write_bytes(b"old\n")
    told = Told(log)
    assert told.news() == [b"old"]
    log.write_bytes(b"entirely new\n")
    assert told.news() == [b"entirely new"]


def test_what_went_round_too_fast_is_admitted(log: Path) -> None:
    told = Told(log)
    append(log, b"0\n")
    told.news()
    for number in range(1, 5):
        rotate(log, backups=2)
        append(log, b"%d\n" % number)
    assert (told.news(), told.lost) == ([b"2", b"3", b"4"], True)


def test_copied_and_emptied_between_two_looks(log: Path) -> None:
    append(log, b"1\n")
    told = Told(log)
    assert told.news() == [b"1"]
    append(log, b"2\n")
    Path(f"{log}.1").write_bytes(log.read_bytes())
    log.write_bytes(b"longer than before\n")
    assert (told.news(), told.lost) == ([b"2", b"longer than before"], False)


def test_a_log_that_comes_later_or_goes_is_no_mistake(log: Path) -> None:
    told = Told(log, 5)
    assert told.news() == []
    log.write_bytes(b"here\n")
    assert told.news() == [b"here"]
    log.unlink()
    assert told.news() == []


def test_a_long_line_is_one_line_and_an_endless_one_is_told_in_pieces(log: Path) -> None:
    log.write_bytes(b"x" * 1_000_000 + b"\n" + b"y" * (LONGEST_LINE + 5) + b"\n")
    assert [len(line) for line in Told(log).news()] == [1_000_000, LONGEST_LINE, 5]


@pytest.mark.parametrize("seed", range(8))
def test_no_line_is_lost_or_doubled_whatever_happens_between_looks(log: Path, seed: int) -> None:
    chance = random.Random(seed)
    told = Told(log, limit=chance.choice([1, 7, 64]))
    written = b"".join(b"%d %s\n" % (number, b"x" * chance.randrange(20)) for number in range(400))
    left, rotations = written, 0
    while left:
        act = chance.random()
        if act < 0.5:
            cut = chance.randrange(1, 40)
            append(log, left[:cut])
            left = left[cut:]
        elif act < 0.6 and rotations < 4 and log.exists() and log.stat().st_size:
            rotate(log)
            rotations += 1
        elif told.page() is False:
            rotations = 0  # caught up: another five may come
    while told.page():
        pass
    assert told.text == written


@pytest.mark.parametrize("seed", range(3))
def test_no_line_is_lost_while_it_is_being_rotated(log: Path, seed: int) -> None:
    written = [b"%d-%d" % (seed, number) for number in range(20_000)]

    def write() -> None:
        for start in range(0, len(written), 100):
            append(log, b"".join(line + b"\n" for line in written[start : start + 100]))
            rotate(log, backups=300)

    writer = threading.Thread(target=write)
    told = Told(log, limit=512)
    writer.start()
    while writer.is_alive():
        told.page()
    append(log, b"end\n")
    while told.page():
        pass
    assert told.text.split(b"\n")[:-1] == [*written, b"end"]


def test_pages_are_of_the_logs_that_went_on(tmp_path: Path, machine: Machine) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_bytes(b"1\n2\ncaf\xe9")
    second.write_text("4\n")
    paths = (str(first), str(second), "/nowhere")
    beginnings, _ = FindLastLines(paths, 2).perform(machine)
    positions = tuple(beginning.position for beginning in beginnings)
    pages = ReadLogs(positions, unfinished=True).perform(machine).pages
    assert [(page.path, page.text) for page in pages] == [
        (str(first), "2\ncaf\N{REPLACEMENT CHARACTER}\n"),
        (str(second), "4\n"),
    ]


def test_the_end_of_a_log_comes_with_when_it_was_written(log: Path, machine: Machine) -> None:
    append(log, b"1\n")
    rotate(log)
    os.utime(f"{log}.1", (1000.5, 1000.5))
    (beginning,), _ = FindLastLines((str(log),), 2).perform(machine)
    assert beginning.ending == Ending("1\n", 1000.5)
    append(log, b"2\n3\n4\n")
    os.utime(log, (2000.5, 2000.5))
    first = read_on(str(log), first_place(str(log), 2), 2)
    assert (first.text, first.written, read_on(str(log), first.place, 2).written) == (b"3\n", 0.0, 2000.5)


def test_a_new_record_is_told_at_once(tmp_path: Path, machine: Machine) -> None:
    known = AwaitLogs((), str(tmp_path), "?").perform(machine).records
    (tmp_path / "r2.json").touch()
    assert "r2.json:" in AwaitLogs((), str(tmp_path), known).perform(machine).records


@pytest.fixture
def leaving(machine: Machine, listener: Listener) -> Machine:
    """A machine whose controller leaves."""
    listener.gone = True
    os.write(listener.other_end, b"x")
    return machine


def test_waiting_ends_when_the_controller_leaves(log: Path, leaving: Machine) -> None:
    with pytest.raises(Interrupted):
        AwaitLogs((Position(str(log)),), "/nowhere").perform(leaving)
