"""The bench's tables and picture, from what was measured."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from xml.etree import ElementTree

from tests.bench.measuring import Measure
from tests.bench.picture import picture
from tests.bench.profile import OTHERS, events_in, imports, profile, spans
from tests.bench.rows import CHANGED, FIRST, NONE, OWN_WORK, SPAN, Row, medians, round_trips
from tests.bench.table import as_json, as_markdown, targets


def row(peer: str, distance: float, phase: str, seconds: float) -> Row:
    return Row(peer, distance, phase, Measure(seconds, 0.5, 2**20, 1, 2, 3000, 4000))


ROWS = [
    *(row("backline", 0, NONE, seconds) for seconds in (0.5, 0.4, 0.9)),
    row("backline", 50, NONE, 0.8),
    row("backline", 0, FIRST, 6.0),
    row("backline", 0, CHANGED, 3.0),
    row("floor", 0, NONE, 0.4),
    row("floor", 50, NONE, 1.2),
    row("ansible", 50, NONE, 40.0),
    row(OWN_WORK, 0, FIRST, 3.0),
    row(OWN_WORK, 0, CHANGED, 2.5),
]


def test_medians_and_round_trips() -> None:
    found = medians(ROWS)
    cell = found["backline", 0, NONE]
    assert (cell.runs, cell.least, cell.most, cell.measure.seconds) == (3, 0.4, 0.9, 0.5)
    trips = round_trips(found, "backline", NONE)
    assert trips is not None
    assert round(trips, 6) == 6.0
    assert round_trips(found, "ansible", NONE) is None


def test_tables_name_what_was_measured_and_nothing_else() -> None:
    text = as_markdown(medians(ROWS), {"floor": "The floor", "backline": "Backline", "pyinfra": "pyinfra"})
    assert "| Backline | **6.00** | **0.50** (0.40–0.90) | **3.00** |  | **0.80** |  |" in text
    assert "| The floor |  | 0.80 |  |  | 1.50 |  |" in text
    assert "| Backline | 3 | 6.0 | 1 | 2 | 3 | 4 | 0.50 | 1 |" in text
    assert "pyinfra" not in text


def test_targets_say_which_are_met() -> None:
    lines = targets(medians(ROWS))
    assert "| nothing changed, 50 ms: of the floor | ≤ 0.7 | 0.667 | met |" in lines
    assert "| nothing changed, 50 ms: of tuned Ansible | ≤ 0.025 | 0.02 | met |" in lines
    assert "| nothing changed, 0 ms: of the floor | ≤ 1 | 1.25 | **missed** |" in lines
    assert "| first run, 0 ms: of the host's own work | ≤ 1.3 | 1.09 | met |" in lines
    assert not any("pyinfra" in line for line in lines)


def test_round_trips_are_counted_to_the_last_event() -> None:
    rows = [*ROWS, row("backline", 0, SPAN, 0.2), row("backline", 50, SPAN, 0.5)]
    line = next(line for line in targets(medians(rows)) if "round trips" in line)
    assert line.endswith("| ≤ 6 | 6 | met |")


def test_a_run_is_cut_into_what_its_events_tell() -> None:
    events = events_in(
        '{"event": "started", "step": "connect", "time": "2026-11-25T12:00:00.300Z"}\n'
        '{"event": "finished", "step": "connect", "time": "2026-11-25T12:00:00.500Z"}\n'
        '{"event": "finished", "step": "converge roles", "time": "2026-11-25T12:00:00.600Z"}\n'
        '{"event": "summary", "time": "2026-11-25T12:00:00.700Z"}\n'
    )
    began = datetime(2026, 11, 25, 12, tzinfo=timezone.utc).timestamp()
    one = spans(began, began + 0.75, events)
    parts = (one.before, one.connecting, one.working, one.after, one.to_last_event)
    assert [round(part, 3) for part in parts] == [0.3, 0.2, 0.1, 0.15, 0.6]
    lines = profile({0: [one], 50: [one]}, {"Invoke": 0.064}, {"First run": "took 9.0s; slowest: converge roles 8.5s"})
    assert "| until the agent's first word | 0.20 | 0.20 |" in lines
    assert lines[-1] == "First run, in its own words: took 9.0s; slowest: converge roles 8.5s."


def test_imports_are_counted_by_whose_they_are() -> None:
    found = imports(
        "import time: self [us] | cumulative | imported package\n"
        "import time:      1500 |       2500 |     invoke.config\n"
        "import time:       500 |        500 |       asyncio\n"
        "import time:      3000 |       3000 | backline.fleet.session\n"
        "import time:       100 |        100 | socket\n"
    )
    assert {group: round(seconds * 1e6) for group, seconds in found.items() if seconds} == {
        "Backline": 3000,
        "Invoke": 2000,
        OTHERS: 100,
    }


def test_json_has_every_run() -> None:
    document = json.loads(as_json(ROWS, {"cores": 2}))
    assert len(document["runs"]) == len(ROWS)
    assert document["runs"][0]["peer"] == "backline"
    assert document["machine"] == {"cores": 2}


def test_picture_has_a_bar_for_each_number() -> None:
    drawn = ElementTree.fromstring(picture("A & B", {"<ours>": [0.5, 1.0], "theirs": [20.0, None]}, ["near", "far"]))
    rectangles = [item for item in drawn.iter() if item.tag.endswith("rect")]
    words = [item.text for item in drawn.iter() if item.tag.endswith("text")]
    assert len(rectangles) == 1 + 2 + 3  # the ground, the two of the legend, the bars
    assert {"A & B", "<ours>", "0.50 s", "20.00 s"} <= set(words)
