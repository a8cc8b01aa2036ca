"""Where a run of ours with nothing to change spends its time: by its own events, and by what it imports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

STARTED, FINISHED, SUMMARY = "started", "finished", "summary"
CONNECT = "connect"
TOOK = "  took "
IMPORTED = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\w+)")
GROUPS = {
    "Backline": ("backline", "tasks"),
    "Invoke": ("invoke", "unittest", "asyncio", "yaml", "ssl", "argparse"),
    "Paramiko and Fabric": ("paramiko", "cryptography", "nacl", "fabric", "bcrypt", "importlib", "email"),
    "Jinja2": ("jinja2", "markupsafe"),
}
"""Top-level packages, with those of the standard library that are imported for theirs alone."""
OTHERS = "the rest of the standard library"


@dataclass(frozen=True)
class Spans:
    """Seconds of one run, one after the other."""

    before: float
    """From its start until it waits for its hosts: imports, inventory, settings. Keys are exchanged meanwhile."""
    connecting: float
    """Until the agent has said its first word."""
    working: float
    """Until the last event: the plan is made and sent, the host looks, its answer is told."""
    after: float
    """Until the process has ended: the ledger, the lock, the summary."""

    @property
    def to_last_event(self) -> float:
        """From the start on, since the line is used while the process still reads and imports."""
        return self.before + self.connecting + self.working


def spans(began: float, ended: float, events: Iterable[Mapping[str, object]]) -> Spans:
    """`began` and `ended` are of the process, seconds since the epoch; the events are those of --json."""
    told = [event for event in events if event["event"] != SUMMARY]
    connects = _moment(next(one for one in told if one["event"] == STARTED and one["step"] == CONNECT))
    connected = _moment(next(one for one in told if one["event"] == FINISHED and one["step"] == CONNECT))
    last = _moment(told[-1])
    return Spans(connects - began, connected - connects, last - connected, ended - last)


def events_in(text: str) -> list[Mapping[str, object]]:
    """The lines of --json."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def imports(text: str) -> dict[str, float]:
    """Seconds of CPU-bound waiting for imports by whose they are, from what `python -X importtime` wrote."""
    found = dict.fromkeys((*GROUPS, OTHERS), 0.0)
    for microseconds, package in IMPORTED.findall(text):
        found[_group(package)] += int(microseconds) / 1e6
    return found


def slowest(text: str) -> str:
    """What a run says last of itself: how long it took, and what took longest; empty where it says nothing."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.startswith(TOOK)), "")


def profile(
    of_distances: Mapping[float, Sequence[Spans]], imported: Mapping[str, float], others: Mapping[str, str]
) -> list[str]:
    """Lines of a table, a sentence, and what runs that are no look say of themselves, by phase."""
    parts = {
        "before it waits for the host: imports, inventory, settings": "before",
        "until the agent's first word": "connecting",
        "the roles, until the last event": "working",
        "ledger, lock, summary, end": "after",
    }
    heads = [f"{distance:g} ms" for distance in of_distances]
    lines = ["Where our own run with nothing to change spends its seconds (medians of its own events):", ""]
    lines += [f"| | {' | '.join(heads)} |", f"| --- | {' | '.join('---' for _ in heads)} |"]
    for words, name in parts.items():
        cells = [f"{median(getattr(one, name) for one in several):.2f}" for several in of_distances.values()]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    told = ", ".join(f"{group} {seconds * 1000:.0f}" for group, seconds in imported.items())
    lines += ["", f"Of what comes before, imports (ms, by `-X importtime`, which adds some): {told}."]
    return [*lines, *(f"{phase}, in its own words: {words}." for phase, words in others.items() if words)]


def _group(package: str) -> str:
    return next((group for group, packages in GROUPS.items() if package in packages), OTHERS)


def _moment(event: Mapping[str, object]) -> float:
    return datetime.fromisoformat(str(event["time"]).replace("Z", "+00:00")).timestamp()
