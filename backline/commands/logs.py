"""The commands that show logs: tail-celery-log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.site import Site
from backline.resources.failure import Failure

if TYPE_CHECKING:
    from backline.deploy.stock import Stock
    from backline.fleet.target import Target

FOLLOWED = ("celery", "beat")


@command(n="how many of the last lines of each log (default: 20)", follow="stop after the last lines: --no-follow")
def tail_celery_log(site: Site, n: int = 20, follow: bool = True) -> None:
    """The last lines of every worker's log, and then each line that comes, until Ctrl-C.

    inv tail-celery-log --host prod -n 100
    """
    from backline.agent.events import Event, Kind
    from backline.commands.connecting import connected
    from backline.report.follow import Follower

    follower = Follower(sys.stdout)

    def show(event: Event) -> None:
        if event.kind == Kind.OUTPUT:
            follower(event.host, event.subject, event.text)

    with connected(site, show) as fleet:
        try:
            fleet.each(tail_logs, n, follow)
        except Failure as failure:
            if not follow or not _was_stopped(failure):
                raise


def tail_logs(target: Target, lines: int, follow: bool) -> None:
    """The logs of the workers that serve on one host."""
    from backline.agent.steps.tail_log import TailLogs
    from backline.deploy.prepare import look

    target.perform(TailLogs(_logs(look(target)), lines, follow))


def _logs(stock: Stock) -> tuple[tuple[str, str], ...]:
    stock.require_live()
    return tuple(
        (process.program.name, process.program.log_file)
        for process in stock.live_processes()
        if process.kind in FOLLOWED
    )


def _was_stopped(failure: Failure) -> bool:
    from backline.resources.failure import Interrupted

    return isinstance(failure, Interrupted)
