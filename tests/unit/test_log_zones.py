"""In which time zone a log is written: what its end shows, and what stands in where it shows nothing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.report.log_lines import Source
from backline.report.log_zones import EASTMOST, QUARTER, WESTMOST, learned_offset, offset_like

WRITTEN = 1795385555.25  # 2026-11-22 22:12:35 UTC and a quarter of a second
CHICAGO = -6 * 3600
FRESH = "[2026-11-22 16:12:35,250: ERROR/MainProcess] raised"


@given(st.integers(WESTMOST // QUARTER, EASTMOST // QUARTER), st.integers(-5, 30_000))
def test_every_zone_is_told_by_a_line_that_is_written_moments_after_its_time(quarters: int, late: int) -> None:
    zone = timezone(timedelta(seconds=quarters * QUARTER))
    face = datetime.fromtimestamp(WRITTEN - late / 1000, zone).strftime("%Y-%m-%d %H:%M:%S.%f")
    assert learned_offset(f"half a line\n{face} x\n", WRITTEN) == quarters * QUARTER


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (f"{FRESH}\nTraceback (most recent call last):\n  File x\nValueError: 7\n", CHICAGO),
        (f"{FRESH}\n    and more of it\n", CHICAGO),
        ("7:M 22 Nov 2026 22:12:35.240 * Ready", 0),
        (f"{FRESH}\n\nworker: Warm shutdown (MainProcess)\n", CHICAGO),
        ("[2026-11-22 16:12:21,000: INFO/x] y\nwhat was printed later\n", None),
        ("[2026-11-22 16:12:21,000: INFO/x] y\n  and more of it\n", CHICAGO),
        ("[2026-11-22 16:05:00,000: INFO/x] seven minutes before\n", None),
        ("[2026-11-20 16:12:35,000: INFO/x] two days before\n", None),
        (f"{FRESH}\n[2026-11-22 22:12:35 +0000] [7] [INFO] with its own zone\n", None),
        ("no time at all\n", None),
        ("", None),
    ],
)
def test_what_a_log_ends_with_shows_its_zone_or_does_not(text: str, offset: int | None) -> None:
    assert learned_offset(text, WRITTEN) == offset


def test_a_log_that_shows_no_zone_is_read_as_those_most_like_it() -> None:
    mail, older = Source("web1", "mail", "r2", "shop-celery-mail-r2"), Source("web1", "mail", "r1", "")
    web, redis = Source("web1", "web", "r2", ""), Source("web1", "redis", "", "redis")
    assert offset_like(mail, {web: 1, older: 2, mail: 3}, 4) == 3
    assert offset_like(mail, {web: 1, older: 2}, 4) == 2
    assert offset_like(mail, {redis: 5, web: 1}, 4) == 1
    assert offset_like(mail, {redis: 5}, 4) == 4
    assert offset_like(redis, {mail: 3}, 4) == 4
