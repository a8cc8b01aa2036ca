"""Cells: text of other people, made fit to be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backline.report.cells import cut, duration, printable, wrapped


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("10%\r50%\r99%\r\n", "99%"),
        ("a\tb", "a   b"),
        ("evil\u202egnp", "evilgnp"),
        ("naïve 東京", "naïve 東京"),
    ],
)
def test_foreign_text_becomes_one_harmless_line(foreign: str, shown: str) -> None:
    assert printable(foreign) == shown


@given(st.text())
def test_no_text_keeps_a_control_character(text: str) -> None:
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in printable(text))


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Z"))), st.integers(min_value=1, max_value=40))
def test_what_is_cut_fits(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width


@given(st.text(), st.integers(min_value=2, max_value=40))
def test_what_is_wrapped_fits(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in wrapped(text, width))


def test_durations_are_read_at_a_glance() -> None:
    assert [duration(seconds) for seconds in (0.04, 12.34, 99.96, 245.2)] == ["0.0s", "12.3s", "1m40s", "4m05s"]
