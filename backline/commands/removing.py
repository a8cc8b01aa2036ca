"""The command that takes an app away from its hosts: remove."""

from __future__ import annotations

import sys
import termios
from typing import TYPE_CHECKING

from backline.commands.command import changing
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError, Interrupted

if TYPE_CHECKING:
    from backline.commands.running import Work
    from backline.deploy.order import Order
    from backline.deploy.outcome import Outcome
    from backline.deploy.removing import Wish
    from backline.fleet.fleet import Fleet
    from backline.fleet.session import Listener

NOW = 10
"""Seconds that every program has with --now."""
UNTOUCHED = "nothing was touched"


@changing(
    name="the app's name, instead of typing it when asked; asked it is all the same, but for --yes",
    yes="do not ask; only with --name",
    now=f"kill after {NOW} seconds what has not ended by then: tasks are cut off",
    json="one event a line as JSON, the summary last",
)
def remove(site: Site, name: str = "", yes: bool = False, now: bool = False, json: bool = False) -> None:
    """Remove the app from hosts with all its releases, data, logs and services, after its name is typed.

    What other apps on the host share with it stays for them, and goes with the last one.

    inv remove --host old
    """
    from backline.commands.host_settings import checked_settings
    from backline.commands.roles import load_roles
    from backline.commands.running import run

    def prepare(listener: Listener) -> Work:
        app = _the_app({settings.app.name for settings in checked_settings(site, load_roles(site.project))})
        if name:
            _require_right(name, app, site)
        if not (yes and name) and not sys.stdin.isatty() and not site.check:
            raise ConfigurationError(
                "nobody is here who could be asked for the app's name: there is no terminal",
                hint=f"inv remove --name {app} --yes{site.host_option}",
            )
        return lambda fleet, order: _remove(site, fleet, order, app, ask=not (yes and name), now=now)

    run(site, prepare, json)


def _remove(site: Site, fleet: Fleet, order: Order, app: str, *, ask: bool, now: bool) -> Outcome:
    from backline.deploy.outcome import CHECKED, Outcome
    from backline.deploy.removing import ABSENT, count_what_goes, find_app, tell_what_goes
    from backline.deploy.removing import remove as remove_app

    wish = _wish(site, fleet, order, NOW if now else None)
    found = [one for one in fleet.each(find_app, order, wish) if one.standing]
    hosts = ", ".join(one.target.name for one in found)
    if not found:
        everywhere = ", ".join(target.name for target in fleet.targets)
        return Outcome(ABSENT, words=f"nothing of {app} is on {everywhere}: nothing to do")
    for one in found:
        tell_what_goes(one)
    if site.check:
        for one in found:
            count_what_goes(one)
        return Outcome(CHECKED, words=f"{app} would go from {hosts}; this was a check, and nothing was done")
    if ask:
        _require_right(
            _asked(f"This is not undone by anything. To remove {app} from {hosts}, type its name: "), app, site
        )
    outcome = remove_app(fleet, [one.target for one in found], order, wish)
    return Outcome(outcome.status, words=f"{app} is gone from {hosts}")


def _wish(site: Site, fleet: Fleet, order: Order, patience: int | None) -> Wish:
    from backline.commands.host_settings import settings_of_neighbours
    from backline.deploy.removing import Wish

    settings = [target.settings for target in fleet.targets]
    neighbours = settings_of_neighbours(site, order.roles, settings, [target.facts for target in fleet.targets])
    return Wish({other.app.host: other for other in neighbours}, patience)


def _the_app(names: set[str]) -> str:
    if len(names) > 1:
        raise ConfigurationError(
            f"these hosts have different apps: {', '.join(sorted(names))}",
            hint="remove one app at a time: name its hosts with --host",
        )
    return names.pop()


def _require_right(typed: str, app: str, site: Site) -> None:
    if typed != app:
        raise ConfigurationError(
            f"{typed!r} is not the name of the app, which is {app}",
            hint=f"inv remove{site.host_option}   (and then type {app})",
            state=UNTOUCHED,
        )


def _asked(question: str) -> str:
    """What a person types now: what was typed ahead is no answer, the end of the input is one, and a wrong one.
    Raises Interrupted for Ctrl-C."""
    termios.tcflush(sys.stdin, termios.TCIFLUSH)
    print(question, end="", file=sys.stderr, flush=True)
    try:
        return sys.stdin.readline().strip()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        raise Interrupted("stopped by Ctrl-C", state=UNTOUCHED) from None
