"""The commands that show logs: tail-celery-log."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError, Interrupted

if TYPE_CHECKING:
    from backline.fleet.target import Target

FOLLOWED = ("celery", "beat")


@command(n="how many of the last lines of each log (default: 20)", follow="stop after the last lines: --no-follow")
def tail_celery_log(site: Site, n: str = "20", follow: bool = True) -> None:
    """The last lines of every worker's log, and then each line that comes, until Ctrl-C.

    inv tail-celery-log --host prod -n 100
    """
    from backline.agent.events import Event, Kind
    from backline.commands.connecting import connected
    from backline.report.follow import Follower

    lines = _count(n)
    follower = Follower(sys.stdout)
    nobody_reads = threading.Event()

    def show(event: Event) -> None:
        """Called by the sessions' readers, which must live on when whoever reads us does not."""
        if event.kind != Kind.OUTPUT:
            to_errors(event)
        elif not nobody_reads.is_set():
            try:
                follower(event.host, event.subject, event.text)
            except BrokenPipeError:
                nobody_reads.set()
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # as a person ends it

    with connected(site, show) as fleet:
        found = fleet.each(logs_of)
        logs = {target.name: files for target, files in zip(fleet.targets, found, strict=True)}
        follower.know((host, program) for host, files in logs.items() for program, _ in files)
        try:
            fleet.each(tail_logs, logs, lines, follow)
        except Interrupted:  # the way in which following ends
            if not follow and not nobody_reads.is_set():
                raise
    if nobody_reads.is_set():
        raise BrokenPipeError


def logs_of(target: Target) -> tuple[tuple[str, str], ...]:
    """The (program, path) of each log of the workers and the beat that serve on one host."""
    from backline.deploy.prepare import look

    stock = look(target)
    stock.require_live()
    return tuple(
        (process.program.name, process.program.log_file)
        for process in stock.live_processes()
        if process.kind in FOLLOWED
    )


def tail_logs(target: Target, logs: Mapping[str, tuple[tuple[str, str], ...]], lines: int, follow: bool) -> None:
    """The lines of one host's logs, by the listener."""
    from backline.agent.steps.tail_log import TailLogs

    target.perform(TailLogs(logs[target.name], lines, follow))


def _count(text: str) -> int:
    """A number of lines. Raises ConfigurationError."""
    if text.isdecimal():
        return int(text)
    raise ConfigurationError(f"-n {text}: a number of lines is meant", hint="inv tail-celery-log -n 100")
