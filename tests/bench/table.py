"""The bench's result as Markdown and as JSON: pure functions of what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tests.bench.peers.peer import FLOOR, OURS
from tests.bench.rows import CHANGED, FIRST, NONE, OWN_WORK, PHASES, SPAN, Median, Row, Situation, round_trips

Medians = Mapping[Situation, Median]


def as_json(rows: Sequence[Row], machine: Mapping[str, object]) -> str:
    """Every single run."""
    flat = [{"peer": row.peer, "rtt_ms": row.distance, "phase": row.phase, **asdict(row.measure)} for row in rows]
    return json.dumps({"machine": machine, "runs": flat}, indent=1) + "\n"


def as_markdown(found: dict[Situation, Median], titles: Mapping[str, str]) -> str:
    """A table of seconds, one of ratios, one of what each run cost."""
    distances = sorted({distance for _, distance, _ in found})
    peers = [name for name in titles if any(peer == name for peer, _, _ in found)]
    return "\n".join(
        [*_seconds(found, peers, titles, distances), "", *_ratios(found, peers, titles, distances), ""]
        + [*_costs(found, peers, titles, distances), ""]
    )


def _seconds(found: Medians, peers: Sequence[str], titles: Mapping[str, str], distances: Sequence[float]) -> list[str]:
    heads = [f"{words}, {distance:g} ms" for distance in distances for words in PHASES.values()]
    lines = [
        "Seconds from start to exit, medians (least–most):",
        "",
        *_head("", *heads),
    ]
    for peer in peers:
        cells = [_told(found.get((peer, distance, phase))) for distance in distances for phase in PHASES]
        lines.append(_line(titles[peer], *cells))
    return lines


def _told(cell: Median | None) -> str:
    if cell is None:
        return ""
    span = f" ({cell.least:.2f}–{cell.most:.2f})" if cell.runs > 1 else ""
    return f"**{cell.measure.seconds:.2f}**{span}"


def _ratios(found: Medians, peers: Sequence[str], titles: Mapping[str, str], distances: Sequence[float]) -> list[str]:
    """How many times as long as ours the others take."""
    heads = [f"{words}, {distance:g} ms" for distance in distances for words in PHASES.values()]
    lines = ["Times as long as Backline:", "", *_head("", *heads)]
    for peer in (peer for peer in peers if peer not in (OURS, OWN_WORK)):
        cells = []
        for situation in ((distance, phase) for distance in distances for phase in PHASES):
            ours, theirs = found.get((OURS, *situation)), found.get((peer, *situation))
            cells.append(f"{theirs.measure.seconds / ours.measure.seconds:.2f}" if ours and theirs else "")
        lines.append(_line(titles[peer], *cells))
    return lines


def _costs(
    found: dict[Situation, Median], peers: Sequence[str], titles: Mapping[str, str], distances: Sequence[float]
) -> list[str]:
    heads = ("runs", "round trips", "connections", "channels", "KB out", "KB in", "CPU s here", "MiB here")
    lines = [
        f"What a run costs with nothing to change, at {distances[0]:g} ms:",
        "",
        *_head("", *heads),
    ]
    for peer in peers:
        cell = found.get((peer, distances[0], NONE))
        if cell is None:
            continue
        one = cell.measure
        trips = round_trips(found, peer, NONE)
        lines.append(
            _line(
                titles[peer],
                str(cell.runs),
                "" if trips is None else f"{trips:.1f}",
                f"{one.connections:.0f}",
                f"{one.channels:.0f}",
                f"{one.bytes_out / 1000:.0f}",
                f"{one.bytes_in / 1000:.0f}",
                f"{one.cpu:.2f}",
                f"{one.memory / 2**20:.0f}",
            )
        )
    return lines


def _head(*cells: str) -> list[str]:
    return [_line(*cells), _line(*["---"] * len(cells))]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def targets(found: dict[Situation, Median]) -> list[str]:
    """What we set ourselves, and what came of it, as lines of a table; those for which everything was measured."""

    def seconds(peer: str, distance: float, phase: str) -> float | None:
        cell = found.get((peer, distance, phase))
        return cell.measure.seconds if cell else None

    def ratio(ours: float | None, theirs: float | None) -> float | None:
        return ours / theirs if ours and theirs else None

    far = seconds(OURS, 50, NONE)
    near = seconds(OURS, 0, NONE)
    restarts, changed = seconds(OWN_WORK, 0, CHANGED), seconds(OURS, 0, CHANGED)
    floor = seconds(FLOOR, 0, NONE)
    bound = restarts + floor if restarts and floor else None
    asked: tuple[tuple[str, float | None, float], ...] = (
        ("nothing changed, 50 ms: of the floor", ratio(far, seconds(FLOOR, 50, NONE)), 0.7),
        ("nothing changed, 50 ms: of tuned Ansible", ratio(far, seconds("ansible", 50, NONE)), 1 / 40),
        ("nothing changed, 50 ms: of pyinfra", ratio(far, seconds("pyinfra", 50, NONE)), 1 / 20),
        ("nothing changed, 50 ms: of Mitogen", ratio(far, seconds("mitogen", 50, NONE)), 1 / 12),
        ("nothing changed, 0 ms: of the floor", ratio(near, floor), 1.0),
        ("nothing changed: round trips until the last event", round_trips(found, OURS, SPAN), 6.0),
        ("one variable changed, 0 ms: of its restarts and the floor", ratio(changed, bound), 1.0),
        ("first run, 0 ms: of the host's own work", _first_run(found), 1.3),
    )
    lines = _head("target", "bound", "measured", "")
    for words, value, limit in asked:
        if value is not None:
            lines.append(_line(words, f"≤ {limit:.3g}", f"{value:.3g}", "met" if value <= limit else "**missed**"))
    return lines


def _first_run(found: dict[Situation, Median]) -> float | None:
    """The host's own work is the virtualenv and the two restarts."""
    cells = [found.get(situation) for situation in ((OURS, 0, FIRST), (OWN_WORK, 0, FIRST), (OWN_WORK, 0, CHANGED))]
    if not all(cells):
        return None
    ours, virtualenv, restarts = (cell.measure.seconds for cell in cells if cell)
    return ours / (virtualenv + restarts)
