"""The commands that show logs: tail-celery-log, tail-web-log and logs."""

from __future__ import annotations

import difflib
import re
import sys
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.mistyped import Mistyped, number
from backline.commands.notes import to_errors
from backline.commands.options import sharing
from backline.commands.site import Site
from backline.resources.dataclass import dataclass
from backline.resources.failure import Interrupted

if TYPE_CHECKING:
    from backline.commands.log_choice import Choice
    from backline.fleet.fleet import Fleet
    from backline.report.log_lines import Sieve

WORKERS = ("celery", "beat")
WEB = ("web",)
USUAL_LINES, USUAL_LEVEL = "20", "warning"
"""What is suggested to whoever typed what cannot be meant."""
HELP = {
    "n": "how many of the last lines of each log are looked at (default: 20)",
    "grep": "only lines in which this regular expression is found",
    "around": "with --grep: how many lines of the same log to show before and after each",
    "level": "only lines at least as grave as this: debug, info, warning, error or critical",
    "follow": "stop after the last lines: --no-follow",
    "json": "an object a line: host, worker, generation, program, time, level, text",
}


@dataclass(frozen=True)
class Wanted:
    """What of the logs is wanted, as it was typed: the options of every command that shows logs."""

    n: str = USUAL_LINES
    grep: str = ""
    around: str = "0"
    level: str = ""
    follow: bool = True
    json: bool = False

    @property
    def lines(self) -> int:
        return number("-n", self.n, "lines", USUAL_LINES)

    def sieve(self) -> Sieve:
        """Raises Mistyped."""
        from backline.report.log_lines import LEVELS, Sieve

        level = self.level.lower()
        if level and level not in LEVELS:
            near = difflib.get_close_matches(level, LEVELS, n=1)
            suggestion = f"; did you mean {near[0]}?" if near else ""
            raise Mistyped(
                f"no level is called {self.level}{suggestion}",
                option="--level",
                instead=near[0] if near else USUAL_LEVEL,
                lines=LEVELS,
            )
        try:
            pattern = re.compile(self.grep) if self.grep else None
        except re.error as error:
            raise Mistyped(
                f"--grep {self.grep}: not a regular expression: {error}",
                option="--grep",
                instead=re.escape(self.grep),
                hint="put \\ before a character that means itself:",
            ) from None
        return Sieve(level, pattern, number("--around", self.around, "lines", USUAL_LINES))


@command(worker="only the worker that is called so", **HELP)
@sharing(Wanted)
def tail_celery_log(site: Site, wanted: Wanted, worker: str = "") -> None:
    """The last lines of all workers' logs in the order of time, and then each line that comes, until Ctrl-C.

    inv tail-celery-log --host prod -n 100 --grep "Task .* raised" --around 3
    """
    from backline.commands.log_choice import Choice

    _tail(site, Choice(WORKERS, worker), wanted)


@command(**HELP)
@sharing(Wanted)
def tail_web_log(site: Site, wanted: Wanted) -> None:
    """The same for the web: what gunicorn and the site write.

    inv tail-web-log --host prod --level warning
    """
    from backline.commands.log_choice import Choice

    _tail(site, Choice(WEB), wanted)


@command(
    program="a worker, web, beat or a service, as inv status names it; nginx or redis of the host itself "
    "(default: every program of Supervisor)",
    **HELP,
)
@sharing(Wanted)
def logs(site: Site, wanted: Wanted, program: str = "") -> None:
    """The logs of every program and service that Supervisor runs there, or of one, as tail-celery-log shows them.

    inv logs --program redis --no-follow
    """
    from backline.commands.log_choice import Choice

    _tail(site, Choice(only=program), wanted)


def _tail(site: Site, choice: Choice, wanted: Wanted) -> None:
    """Show what is wanted. Raises BrokenPipeError where nobody reads it any more."""
    from backline.commands.connecting import connected_where_reached
    from backline.commands.tailing import Tail, writer_of
    from backline.fleet.forks import FORKS

    lines, sieve = wanted.lines, wanted.sieve()
    everybody = max(FORKS, len(site.hosts))  # whoever is followed, stays
    with connected_where_reached(site, to_errors, everybody) as fleet:
        _name_missing(site, fleet)
        tail = Tail(fleet, writer_of(wanted.json), choice, sieve)
        fleet.each(tail.find_logs, lines)
        try:
            fleet.one(tail.show_backlog, wanted.follow)
            if wanted.follow:
                tail.watch_reader(sys.stdout.fileno())
                fleet.each(tail.follow)
        except Interrupted:  # the way in which following ends
            if not wanted.follow and not tail.nobody_reads:
                raise
    if tail.nobody_reads:
        raise BrokenPipeError


def _name_missing(site: Site, fleet: Fleet) -> None:
    """Say at once whose lines are not there; why, the command ends with."""
    there = {target.name for target in fleet.targets}
    for host in site.hosts:
        if host.name not in there:
            print(f"{host.name} is not reached: its lines are missing", file=sys.stderr)
