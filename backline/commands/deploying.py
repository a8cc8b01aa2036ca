"""The commands that change what is live: deploy, rollback, restart-workers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backline.commands.command import switching
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError
from backline.resources.process import BEAT, WEB, WORKERS

if TYPE_CHECKING:
    from backline.commands.running import Work
    from backline.deploy.order import Order
    from backline.deploy.outcome import Outcome
    from backline.deploy.restart import Restart
    from backline.fleet.fleet import Fleet
    from backline.fleet.session import Listener

RELEASE_NAME = re.compile(r"r?([1-9][0-9]*)")


@switching(
    ref="branch, tag or commit; `.` is the working tree as it is (default: HEAD)",
    force="make a new release even if the same one is live",
    json="one event a line as JSON, the summary last",
)
def deploy(site: Site, ref: str = "HEAD", force: bool = False, json: bool = False) -> None:
    """Put a commit live: prepare, check, migrate, start beside the old, switch, prove.

    inv deploy --host prod --ref v1.4.2
    """
    from backline.commands.projects import read_project
    from backline.commands.running import run
    from backline.deploy import runbook

    def prepare(listener: Listener) -> Work:
        source = read_project(site, ref, listener)
        return lambda fleet, order: runbook.deploy(fleet, order, source)

    run(site, prepare, json, force)


@switching(to="the release to put back, as r41 (default: what was live before)", json="one event a line as JSON")
def rollback(site: Site, to: str = "", json: bool = False) -> None:
    """Put an earlier release back, with its own code, virtualenv and environment.

    inv rollback --host prod --to r41
    """
    from backline.commands.running import run
    from backline.deploy import runbook

    def prepare(listener: Listener) -> Work:
        wanted = release_number(to)
        return lambda fleet, order: runbook.rollback(fleet, order, wanted)

    run(site, prepare, json)


@switching(
    worker="only the worker of this name",
    beat="beat too: stopped, then started",
    json="one event a line as JSON",
)
def restart_workers(site: Site, worker: str = "", beat: bool = False, json: bool = False) -> None:
    """Start the live release's workers anew; the old ones finish their tasks, the web is untouched.

    inv restart-workers --host prod --worker mail
    """
    from backline.deploy.restart import Restart

    _restart(site, Restart((WORKERS, BEAT) if beat else (WORKERS,), worker), json)


@switching(json="one event a line as JSON")
def restart_web(site: Site, json: bool = False) -> None:
    """Start the live release's web anew beside the old one, which finishes its requests; workers are untouched.

    inv restart-web --host prod
    """
    from backline.deploy.restart import Restart

    _restart(site, Restart((WEB,)), json)


def _restart(site: Site, restart: Restart, json: bool) -> None:
    from backline.commands.running import run
    from backline.deploy import runbook

    def start_anew(fleet: Fleet, order: Order) -> Outcome:
        return runbook.start_anew(fleet, order, restart)

    run(site, lambda listener: start_anew, json)


def release_number(name: str) -> int:
    """43 for `r43` or `43`, 0 for nothing. Raises ConfigurationError for what is neither."""
    if not name:
        return 0
    found = RELEASE_NAME.fullmatch(name)
    if found is None:
        raise ConfigurationError(
            f"{name!r} is not a release", hint="write it as r43; those that there are:  inv releases"
        )
    return int(found.group(1))
