"""Numbers in words."""

from __future__ import annotations

import pytest

from backline.resources.words import counted, data_size


def test_one_thing_is_singular() -> None:
    assert [counted(number, "program") for number in (0, 1, 2)] == ["0 programs", "1 program", "2 programs"]
    assert [counted(number, "process", "processes") for number in (1, 2)] == ["1 process", "2 processes"]


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (43017, "43.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (5_000_000_000_000_000, "5000.0 TB"),
    ],
)
def test_sizes_are_read_at_a_glance(size: int, told: str) -> None:
    assert data_size(size) == told
