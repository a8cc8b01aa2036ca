"""The commands that tell what was done: history, show."""

from __future__ import annotations

import json as json_format
import sys
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.mistyped import number
from backline.commands.notes import to_errors
from backline.commands.site import Site

if TYPE_CHECKING:
    from backline.fleet.target import Target
    from backline.resources.ledger import LedgerEntry

LATEST = "20"


@command(n="how many of the latest runs; 0: all (default: 20)", json="one JSON document")
def history(site: Site, n: str = LATEST, json: bool = False) -> None:
    """Who did what on each host, when, and how it ended; the latest last.

    inv history --host prod -n 50
    """
    from backline.commands.connecting import connected_where_reached
    from backline.commands.printing import print_table
    from backline.report.shortening import short_moment, without_machine, without_program
    from backline.report.tables import Column

    count = number("-n", n, "runs", LATEST)
    columns = (
        Column("host"),
        Column("at", short_moment),
        Column("by", without_machine, spare=2),
        Column("command", without_program),
        Column("release", spare=1),
        Column("took"),
        Column("ended", meaning=lambda cell: "bad" if cell.startswith("failed") else ""),
    )
    with connected_where_reached(site, to_errors) as fleet:
        found = [(target.name, entry) for target in fleet.targets for entry in read_ledger(target, count)]
        if json:
            print(json_format.dumps([{"host": host, **vars(entry)} for host, entry in found], indent=1))
        elif not found:
            print(f"nothing was done yet; inv deploy{site.host_option} begins")
        else:
            print_table(columns, [_row(host, entry) for host, entry in found])


def _row(host: str, entry: LedgerEntry) -> tuple[str, ...]:
    from backline.report.cells import duration

    took = duration(entry.seconds)
    return (host, entry.at, entry.by, entry.command, entry.release or "", took, entry.told)


@command(release="the release, as inv releases lists it: r2")
def show(site: Site, release: str) -> None:
    """One release: where it came from, what it is made of, what of it runs, what was done with it.

    inv show r2 --host prod
    """
    from backline.commands.connecting import connected_where_reached
    from backline.commands.deploying import release_number
    from backline.commands.release_sheet import release_sheet
    from backline.deploy.prepare import look
    from backline.report.cells import terminal_width
    from backline.report.tables import sheet

    number = release_number(release)
    with connected_where_reached(site, to_errors) as fleet:
        sheets = [
            release_sheet(stock, number, read_ledger(target, 0))
            for target, stock in zip(fleet.targets, fleet.each(look), strict=True)
        ]
        width = terminal_width(sys.stdout)
        print("\n\n".join(sheet(facts, width) for facts in sheets))


def read_ledger(target: Target, count: int) -> tuple[LedgerEntry, ...]:
    """The latest `count` entries of a host's ledger; all for 0."""
    from backline.agent.steps.append_ledger import ReadLedger
    from backline.deploy.concluding import ledger_path
    from backline.resources.ledger import LedgerEntry

    lines = target.answer(ReadLedger(ledger_path(target), count), tuple)
    return tuple(LedgerEntry.from_line(line) for line in lines)
