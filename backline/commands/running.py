"""Runs what changes hosts: connects, has it done, tells it while it happens, and sums it up whatever happens."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from backline.agent.events import Event
from backline.commands.connecting import WithoutPython, connected
from backline.commands.exits import as_failure, stop_writing
from backline.commands.explaining import UNTOUCHED, explain
from backline.commands.host_settings import other_hosts
from backline.commands.last_words import foreseen_words, last_words
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.commands.stopwatch import Stopwatch
from backline.deploy.order import Order
from backline.deploy.outcome import CHECKED, Outcome
from backline.deploy.prepare import BEGINNING
from backline.deploy.summary import Summary, summary_of
from backline.fleet.fleet import Fleet
from backline.fleet.session import Listener
from backline.fleet.target import Target
from backline.resources.failure import Failure, Interrupted
from backline.transport.login_name import login_name

ONLY_ASKED = "this was a check: nothing was done"
Work = Callable[[Fleet, Order], Outcome]


def run(site: Site, prepare: Callable[[Listener], Work], json: bool, force: bool = False) -> None:
    """Prepare here, connect, and do the work on the site's hosts. Raises its Failure after the summary was told."""
    stopwatch = Stopwatch()
    targets: tuple[Target, ...] = ()
    outcome: Outcome | None = None
    begun = False
    failure: Failure | None = None
    try:
        with _listening(site, json) as teller:
            listener = stopwatch.before(teller)
            work = prepare(listener)
            order = order_of(site, force)
            with connected(site, listener, WithoutPython.INSTALLED, BEGINNING) as fleet:
                targets = fleet.targets
                begun = True
                outcome = work(fleet, order)
    except (Exception, KeyboardInterrupt) as error:
        failure = as_failure(error)
        if isinstance(failure, Interrupted) and not begun:
            failure.state = UNTOUCHED
        if site.check:
            failure.state = ONLY_ASKED
        explain(failure, site)
        if failure is error:
            raise
        raise failure from error
    finally:
        release = (outcome.release or None) if outcome is not None else None
        status = CHECKED if site.check else outcome.status if outcome is not None else ""
        summary = summary_of(status, release, failure, targets, stopwatch.seconds, stopwatch.steps)
        _tell_end(summary, outcome, json, foreseen_words if site.check else last_words)


def tell_not_begun(site: Site, failure: Failure) -> None:
    """The summary, as JSON, of a run that ended before anything of it was told."""
    explain(failure, site)
    _tell_end(summary_of("", None, failure, (), 0.0, ()), None, True, last_words)


def order_of(site: Site, force: bool = False) -> Order:
    """What is asked for now, by whoever sits here."""
    who = f"{login_name()}@{socket.gethostname()}"
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    roles, batch = load_roles(site.project), site.most_switching
    return Order(roles, who, site.again, at, force, other_hosts(site, roles), batch)


@contextmanager
def _listening(site: Site, json: bool) -> Iterator[Listener]:
    """Who tells of the run: lines of JSON, or a console that leaves the terminal as it found it."""
    if json:
        from backline.report.jsonlines import JsonLines

        with until_the_end(JsonLines(sys.stdout)) as listener:
            yield listener
        return
    from backline.report.console import Console

    with (
        Console(sys.stdout, sys.stderr, verbose=site.verbose, diff=site.diff) as console,
        until_the_end(console) as listener,
    ):
        yield listener


@contextmanager
def until_the_end(listener: Listener) -> Iterator[Listener]:
    """Who is told until the block ends: a thread that still connects when Ctrl-C has ended a run says nothing behind
    its last words. A run does not end because nobody reads it any more."""
    telling = threading.RLock()
    ended = False

    def listen(event: Event) -> None:
        with telling:
            if ended:
                return
            try:
                listener(event)
            except OSError:  # a pipe that was closed, a terminal that is gone, a disk that is full
                stop_writing()

    try:
        yield listen
    finally:
        with telling:
            ended = True


def _tell_end(summary: Summary, outcome: Outcome | None, json: bool, words: Callable[[Outcome, Summary], str]) -> None:
    last = ""
    if json:
        from backline.report.jsonlines import summary_line

        last = summary_line(summary)
    elif outcome is not None:
        from backline.commands.run_summary import run_summary
        from backline.report.cells import terminal_width, wants_color
        from backline.report.paint import Paint

        paint = Paint(wants_color(sys.stdout))
        how = paint("strong", words(outcome, summary))
        last = f"{how}\n{run_summary(summary, terminal_width(sys.stdout), paint)}"
    try:
        if last:
            print(last, flush=True)
    except OSError:
        stop_writing()
