"""The summary of a run for people: what was done on each host, how long it took, and which steps took it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backline.deploy.outcome import CHECKED
from backline.deploy.summary import HostSummary, StepSummary, Summary
from backline.report.cells import duration, wrapped
from backline.report.paint import PLAIN, Paint
from backline.report.tables import Column, table
from backline.resources.words import counted, data_size

INDENT = "  "
SLOWEST = 3
WORTH_TELLING = 5.0
"""Seconds; of a shorter run nobody asks what took the time."""
NOT_CONCERNED = "-"
WOULD: Mapping[str | None, str] = {"built": "to be built"}
"""What is said of a virtualenv by --check."""
COLUMNS = (
    Column("host"),
    Column("resources"),
    Column("sent"),
    Column("virtualenv", spare=1),
    Column("round trips", spare=2),
)


def run_summary(summary: Summary, width: int | None = None, paint: Paint = PLAIN) -> str:
    """As text without a last newline; `width` as for a table."""
    verb, words = ("would change", WOULD) if summary.status == CHECKED else ("changed", {})
    room = None if width is None else width - len(INDENT)
    lines = table(COLUMNS, [_row(verb, words, *host) for host in summary.hosts.items()], room, paint).split("\n")
    took = _took(summary)
    lines += [took] if room is None else wrapped(took, room)
    return "\n".join(INDENT + line for line in lines)


def _row(verb: str, words: Mapping[str | None, str], name: str, host: HostSummary) -> tuple[str, ...]:
    files = f"{counted(host.blobs_sent, 'file')}, " if host.blobs_sent else ""
    return (
        name,
        f"{host.changed} of {host.changed + host.unchanged} {verb}",
        f"{files}{data_size(host.bytes_sent)} in all",
        words.get(host.virtualenv, host.virtualenv) or NOT_CONCERNED,
        str(host.round_trips),
    )


def _took(summary: Summary) -> str:
    took = f"took {duration(summary.seconds)}"
    if summary.seconds < WORTH_TELLING:
        return took
    return f"{took}; slowest: {', '.join(_slowest(summary.steps, len(summary.hosts) > 1))}"


def _slowest(steps: tuple[StepSummary, ...], several_hosts: bool) -> Iterator[str]:
    """Each step by the host that needed longest for it, the longest first."""
    by_time = sorted(steps, key=lambda step: step.seconds)
    longest = {step.name: step for step in by_time}
    for step in sorted(longest.values(), key=lambda step: -step.seconds)[:SLOWEST]:
        where = f" on {step.host}" if several_hosts else ""
        yield f"{step.name}{where} {duration(step.seconds)}"
