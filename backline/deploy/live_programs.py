"""The programs of what serves on a host, as they should be there: with the files that they were started from."""

from __future__ import annotations

from backline.deploy.stock import Stock
from backline.resources.live_program import LiveProgram
from backline.resources.plan import Entry, Plan


def live_programs(stock: Stock) -> Plan:
    """What mends a file that somebody took away or broke, and starts what Supervisor does not run."""
    return Plan(tuple(Entry(program) for program in _programs(stock)))


def broken_files(stock: Stock, refusal: str) -> tuple[str, ...]:
    """The files of what serves that Supervisor names where it refuses to read."""
    return tuple(program.path for program in _programs(stock) if program.path in refusal)


def _programs(stock: Stock) -> tuple[LiveProgram, ...]:
    paths = stock.settings.supervisor
    return tuple(
        LiveProgram(process.program, paths.socket, paths.include_directory, paths.python)
        for process in stock.live_processes()
    )
