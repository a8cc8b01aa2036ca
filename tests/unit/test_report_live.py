"""The moving rows: how many there are, and what is left of them when the terminal changes below them."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from backline.report.live import LiveRows, Running
from tests.emulator import Emulator

HEIGHT = 24


class Screen(io.StringIO):
    """What is written appears on an emulated terminal at once."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self.emulator = emulator

    def write(self, text: str) -> int:
        self.emulator.feed(text)
        return len(text)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("LINES", str(HEIGHT))
    monkeypatch.setenv("COLUMNS", "80")
    return Screen(Emulator(80))


def resize(screen: Screen, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    screen.emulator.columns = columns


def rows_of(screen: Screen) -> LiveRows:
    """Rows that fill their room."""
    return LiveRows(screen, lambda running, room: f"{running.host} ".ljust(room, "."))


def hosts(*names: str) -> Sequence[Running]:
    return [Running(name, "migrate") for name in names]


def test_each_host_has_a_row_below_the_lines_that_stay(screen: Screen) -> None:
    rows = rows_of(screen)
    rows.show(hosts("web1", "web2"))
    rows.show(hosts("web2"), "web1 is done\n")
    rows.show(hosts("web2", "web3"), "another line\n")
    assert [row.partition(" .")[0] for row in screen.emulator.shown()] == [
        "web1 is done",
        "another line",
        "web2",
        "web3",
    ]
    rows.close()
    assert screen.emulator.shown() == ["web1 is done", "another line"]


def test_more_hosts_than_half_of_the_screen_are_counted(screen: Screen) -> None:
    rows = rows_of(screen)
    rows.show(hosts(*(f"web{number}" for number in range(40))))
    shown = screen.emulator.shown()
    assert (len(shown), shown[-1]) == (HEIGHT // 2, "         and 29 more hosts")
    rows.show(hosts(*(f"web{number}" for number in range(HEIGHT // 2))))
    assert screen.emulator.shown()[-1].startswith("web11 ")
    rows.close()
    assert screen.emulator.shown() == []


@pytest.mark.parametrize("columns", [20, 40, 79, 81, 200])
def test_nothing_of_the_rows_is_left_when_the_terminal_is_resized(
    screen: Screen, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(screen)
    rows.show(hosts("web1", "web2", "web3"))
    resize(screen, columns, monkeypatch)
    rows.show(hosts("web4"), "done\n")
    assert [row.partition(" .")[0] for row in screen.emulator.shown()] == ["done", "web4"]
    resize(screen, 80, monkeypatch)
    rows.close()
    assert screen.emulator.shown() == ["done"]


def test_the_echo_of_ctrl_c_is_wiped_away_with_the_row(screen: Screen) -> None:
    rows = rows_of(screen)
    rows.show(hosts("web1", "web2"))
    screen.emulator.feed("^C")
    rows.close()
    assert screen.emulator.shown() == []


def test_a_terminal_that_is_gone_ends_no_run_by_its_clock(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(screen)
    rows.show(hosts("web1"))
    monkeypatch.setattr(screen, "write", gone)
    with pytest.raises(OSError, match="gone"):
        rows.show(hosts("web2"))
    monkeypatch.undo()
    rows.close()


def gone(text: str) -> int:
    raise OSError("gone")
