"""Tables: aligned whatever is in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backline.report.tables import table

HEADINGS = ("HOST", "PROGRAM", "PID", "STATE")


def test_columns_stand_below_each_other_and_numbers_to_the_right() -> None:
    rows = [("web1", "shop-web-r43", "7", "RUNNING"), ("worker2", "shop-celery-default-r43", "1234", "STOPPING")]
    assert table(HEADINGS, rows) == (
        "HOST     PROGRAM                   PID  STATE\n"
        "web1     shop-web-r43                7  RUNNING\n"
        "worker2  shop-celery-default-r43  1234  STOPPING"
    )


def test_wide_characters_count_twice() -> None:
    assert table(("NAME", "X"), [("東京", "1a"), ("Zürich", "b")]) == "NAME    X\n東京    1a\nZürich  b"


def test_a_narrow_terminal_cuts_the_widest_column() -> None:
    rows = [("web1", "shop-celery-default-r43", "12", "RUNNING")]
    assert table(HEADINGS, rows, width=36) == "HOST  PROGRAM           PID  STATE\nweb1  shop-celery-def…   12  RUNNING"


def test_no_rows_leave_the_headings() -> None:
    assert table(("A", "B"), []) == "A  B"


def test_what_a_host_said_moves_no_cursor() -> None:
    assert table(("A",), [("\x1b[2Jx\ny",)]) == "A\nx y"


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), max_size=8))
def test_a_table_fits_its_width(rows: list[tuple[str, str]]) -> None:
    assert max(cell_len(line) for line in table(("A", "B"), rows, width=40).split("\n")) <= 40
