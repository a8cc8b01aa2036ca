"""How a run ended well."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

LIVE = "live"
PROVISIONED = "provisioned"
CHECKED = "checked"
"""What a run is summed up as whose fleet only asked."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended well: `deployed`, or `live` where there was nothing to do; and what serves. `provisioned` is
    about no release, and names none."""

    status: str
    release: str = ""
    generation: str = ""
    words: str = ""
    """How it ended, where that is not about a generation."""
