"""What `inv show r2` tells of one release on one host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backline.commands.status_list import STATES
from backline.deploy.stock import Stock
from backline.report.cells import duration
from backline.resources.ledger import LedgerEntry
from backline.resources.process import Process


def release_sheet(stock: Stock, number: int, ledger: Sequence[LedgerEntry]) -> tuple[tuple[str, str], ...]:
    """Labels and values. Raises ConfigurationError where the release is not on the host."""
    return tuple(_facts(stock, number, ledger))


def _facts(stock: Stock, number: int, ledger: Sequence[LedgerEntry]) -> Iterator[tuple[str, str]]:
    record = stock.release(number)
    yield stock.name, f"r{number}" + ("" if record.origin == number else f" = r{record.origin}")
    yield "state", _state(stock, number)
    yield "commit", record.commit + (" with changes that were not committed" if record.dirty else "")
    yield "ref", record.ref
    yield "made", f"{record.at} by {record.by}"
    yield "virtualenv", record.virtualenv
    yield "directory", f"{stock.settings.app.releases}/{number}"
    for generation in stock.generations:
        if generation.release == number:
            running = {item.name: item.state for item in stock.state.programs}
            known = stock.known_programs
            own = (name for name in _names(generation.processes) if known[name].generation is generation)
            names = [name for name in own if name in running]
            states = [f"{name} {STATES.get(running[name], running[name])}" for name in names]
            yield from zip([generation.label, *[""] * len(states)], states or ["ended"], strict=False)
    for entry in ledger:
        if entry.release == f"r{number}":
            yield entry.at, f"{entry.command}: {entry.told} ({entry.by}, {duration(entry.seconds)})"


def _state(stock: Stock, number: int) -> str:
    if number == stock.live_number:
        return "live"
    return "was live and proved" if number in stock.state.good else "was never live"


def _names(processes: Sequence[Process]) -> Iterator[str]:
    return (process.program.name for process in processes)
