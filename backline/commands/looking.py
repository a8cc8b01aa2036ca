"""The commands that only look: ping, status, releases."""

from __future__ import annotations

import json as json_format
import sys

from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site


@command()
def ping(site: Site) -> None:
    """Connect, and print what each host says of itself.

    inv ping --host prod
    """
    from backline.commands.connecting import reached
    from backline.commands.printing import print_table
    from backline.report.shortening import first_word
    from backline.report.tables import Column

    columns = (
        Column("host"),
        Column("user", spare=1),
        Column("system"),
        Column("python", first_word),
        Column("machine", spare=2),
    )
    with reached(site, to_errors) as sessions:
        rows = [
            (
                session.name,
                f"{facts.user}@{facts.hostname}",
                f"{facts.distribution} {facts.distribution_version} {facts.architecture}",
                f"{facts.python_version} {facts.python}",
                f"{facts.cores} cores, {facts.memory // 2**20} MiB",
            )
            for session in sessions
            for facts in (session.facts,)
        ]
        if rows:
            print_table(columns, rows)


@command(json="one JSON document")
def releases(site: Site, json: bool = False) -> None:
    """The releases on each host: which is live, which were good.

    inv releases --host prod
    """
    from backline.commands.connecting import connected_where_reached
    from backline.commands.printing import print_table
    from backline.commands.release_list import Listed, listed_releases
    from backline.deploy.prepare import look

    with connected_where_reached(site, to_errors) as fleet:
        found = [item for stock in fleet.each(look) for item in listed_releases(stock)]
        if json:
            print(json_format.dumps([vars(item) for item in found], indent=1))
        elif not found:
            print(f"no release yet; the first one:  inv deploy{site.host_option}")
        else:
            print_table(Listed.COLUMNS, [item.row() for item in found])


@command(json="one JSON document: a list with an object for each program")
def status(site: Site, json: bool = False) -> None:
    """What runs on each host, and which release each process is proved to run.

    inv status --host prod
    """
    from backline.commands.printing import print_table
    from backline.commands.status_list import COLUMNS, row, status_of
    from backline.report.cells import USUAL_WIDTH, wrapped

    found = status_of(site)
    reached = [item for item in found if not item.error]
    if json:
        print(json_format.dumps([item.document() for item in found], indent=1))
    elif reached:
        print_table(COLUMNS, [row(item) for item in reached])
    for item in found:
        if item.error:
            print(f"Unreachable: {item.host}", *wrapped(item.error, USUAL_WIDTH - 2), sep="\n  ", file=sys.stderr)
    if len(reached) < len(found):
        from backline.commands.exits import leave
        from backline.resources.failure import ExitCode

        leave(ExitCode.UNREACHABLE)
