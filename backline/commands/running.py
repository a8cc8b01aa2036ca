"""Runs what changes hosts: connects, has it done, tells it while it happens, and sums it up whatever happens."""

from __future__ import annotations

import getpass
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from backline.commands.connecting import connected
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.deploy.order import Order
from backline.deploy.runbook import LIVE, Outcome
from backline.deploy.summary import Summary, summary_of
from backline.fleet.fleet import Fleet
from backline.fleet.session import Listener
from backline.fleet.target import Target
from backline.resources.failure import Failure

Work = Callable[[Fleet, Order], Outcome]


def run(site: Site, prepare: Callable[[Listener], Work], command: str, json: bool, force: bool = False) -> None:
    """Prepare here, connect, and do the work on the site's hosts. Raises its Failure after the summary was told."""
    targets: tuple[Target, ...] = ()
    outcome: Outcome | None = None
    failure: Failure | None = None
    try:
        with _listening(site, json) as listener:
            work = prepare(listener)
            with connected(site, listener) as fleet:
                targets = fleet.targets
                outcome = work(fleet, _order(site, command, force))
    except Failure as error:
        failure = error
        raise
    finally:
        release = outcome.release if outcome is not None else None
        summary = summary_of(outcome.status if outcome is not None else "", release, failure, targets)
        _tell_end(summary, outcome, json)


def _order(site: Site, command: str, force: bool) -> Order:
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Order(load_roles(), who, f"inv {command}{site.host_option}", at, force)


@contextmanager
def _listening(site: Site, json: bool) -> Iterator[Listener]:
    """Who tells of the run: lines of JSON, or a console that leaves the terminal as it found it."""
    if json:
        from backline.report.jsonlines import JsonLines

        yield JsonLines(sys.stdout)
        return
    from backline.report.console import Console

    with Console(sys.stdout, sys.stderr, verbose=site.verbose) as console:
        yield console


def _tell_end(summary: Summary, outcome: Outcome | None, json: bool) -> None:
    if json:
        from backline.report.jsonlines import summary_line

        print(summary_line(summary), flush=True)
    elif outcome is not None:
        word = "is live already: nothing was started" if outcome.status == LIVE else "is live and proved"
        print(f"{outcome.generation} {word}", flush=True)
