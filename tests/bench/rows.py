"""What was measured, and the medians of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from statistics import median

from tests.bench.measuring import Measure

FIRST, NONE, CHANGED = "first", "none", "changed"
PHASES = {FIRST: "first run", NONE: "nothing changed", CHANGED: "one variable changed"}
SPAN = "to last event"
"""No phase of the work: a run with nothing to change, whose seconds are those until its last event."""
OWN_WORK = "own work"
"""No tool: what the host itself takes to make the virtualenv (first run), and to restart two programs (changed)."""


@dataclass(frozen=True)
class Row:
    """One run of one tool; `distance` in milliseconds of round trip."""

    peer: str
    distance: float
    phase: str
    measure: Measure


@dataclass(frozen=True)
class Median:
    """Of all runs of one tool in one situation. `least` and `most` are seconds."""

    runs: int
    least: float
    most: float
    measure: Measure


Situation = tuple[str, float, str]
"""Peer, distance, phase."""


def medians(rows: Iterable[Row]) -> dict[Situation, Median]:
    """Each number's own median."""
    grouped: dict[Situation, list[Measure]] = {}
    for row in rows:
        grouped.setdefault((row.peer, row.distance, row.phase), []).append(row.measure)
    return {situation: _median(measures) for situation, measures in grouped.items()}


def _median(measures: Sequence[Measure]) -> Median:
    seconds = [one.seconds for one in measures]
    values = {field.name: median(getattr(one, field.name) for one in measures) for field in fields(Measure)}
    return Median(len(measures), min(seconds), max(seconds), Measure(**values))


def round_trips(found: dict[Situation, Median], peer: str, phase: str) -> float | None:
    """How many times a tool waited for the line: the seconds that the farther host cost more, by its distance."""
    places = sorted({distance for name, distance, at in found if (name, at) == (peer, phase)})
    if len(places) < 2 or places[0] == places[-1]:
        return None
    near, far = (found[peer, place, phase].measure.seconds for place in (places[0], places[-1]))
    return (far - near) * 1000 / (places[-1] - places[0])
