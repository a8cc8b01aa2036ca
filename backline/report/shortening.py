"""What tables tell in fewer cells where a terminal is narrow; each takes a cell and returns a cell."""

from __future__ import annotations

import re
import time

MOMENT = re.compile(r"(?P<year>\d{4})-(?P<day>\d\d-\d\d)T(?P<minute>\d\d:\d\d):(?P<second>\d\d)Z")


def short_moment(text: str) -> str:
    """`2026-11-22T21:53:00Z` today as `21:53:00Z`, this year as `11-22 21:53Z`, earlier as `2025-11-22`."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return text
    year, day = time.strftime("%Y %m-%d", time.gmtime()).split()
    if found["year"] != year:
        return f"{found['year']}-{found['day']}"
    if found["day"] != day:
        return f"{found['day']} {found['minute']}Z"
    return f"{found['minute']}:{found['second']}Z"


def without_machine(text: str) -> str:
    """`anna@laptop.example.com` as `anna`."""
    return text.partition("@")[0] or text


def first_word(text: str) -> str:
    """`3.11.7 /usr/bin/python3` as `3.11.7`."""
    return text.partition(" ")[0]


def without_program(text: str) -> str:
    """`inv deploy --host web1` as `deploy --host web1`."""
    return text.removeprefix("inv ")
