"""The bar of an upload: how full it is, and what it leaves out where there is little room."""

from __future__ import annotations

import pytest

from backline.fleet.upload import Upload
from backline.report.bar import bar
from backline.report.paint import PLAIN


@pytest.mark.parametrize(
    ("upload", "room", "shown"),
    [
        (Upload(0, 29, 0, 43_000_000), 60, f"{'╌' * 24}  0 bytes of 43.0 MB, 0 of 29 files"),
        (Upload(12, 29, 21_500_000, 43_000_000), 60, f"{'━' * 12}{'╌' * 12}  21.5 of 43.0 MB, 12 of 29 files"),
        (Upload(29, 29, 43_000_000, 43_000_000), 32, f"{'━' * 15}  43.0 of 43.0 MB"),
        (Upload(1, 1, 0, 0), 40, f"{'━' * 13}  0 of 0 bytes, 1 of 1 file"),
        (Upload(1, 2, 1000, 2000), 12, "1.0 of 2.0…"),
        (Upload(1, 2, 1000, 2000), 0, ""),
    ],
)
def test_a_bar_in_its_room(upload: Upload, room: int, shown: str) -> None:
    assert bar(upload, room, PLAIN) == shown
