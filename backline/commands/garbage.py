"""Python's collector of garbage, told what our processes are like: mostly imports, and soon over."""

from __future__ import annotations

import atexit
import gc

OBJECTS = 20_000
"""New ones after which it looks for circles; Python's own 700 has it look through every module's again and again."""


def collect_seldom() -> None:
    """Also not at the end, when everything goes anyway. Together a tenth of the CPU of a run without changes."""
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)
