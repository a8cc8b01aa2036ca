"""From the hosts that a person named to a fleet: settings checked before anybody logs in, then all at once."""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING

from backline.agent.events import Event, Kind, Outcome
from backline.commands.explaining import UNTOUCHED
from backline.commands.host_settings import checked_settings, settings_of_hosts, tell_doubts
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.fleet.fleet import Fleet, closing, gravest
from backline.fleet.forks import FORKS
from backline.fleet.interpreters import Interpreters, usual_file
from backline.fleet.python_packages import install_python
from backline.fleet.session import Listener, Session
from backline.fleet.starting import NoPython, Start
from backline.fleet.target import Target
from backline.fleet.waiting import await_all
from backline.resources.failure import Failure, Interrupted, Unreachable
from backline.resources.resource import Action
from backline.settings.placeholder_facts import placeholder_facts
from backline.settings.secret_names import SHORTEST, secret_values
from backline.settings.settings import HostSettings

if TYPE_CHECKING:
    from backline.deploy.role import Role
    from backline.transport.host_keys import UntrustedHostKey


class WithoutPython(Enum):
    """What becomes of a host that has no Python 3.8 or newer."""

    TOLD = "told"
    INSTALLED = "installed"
    """By its package manager, after that was said: for commands that change hosts."""


CONNECT = "connect"


@contextmanager
def connected(
    site: Site,
    listener: Listener,
    without_python: WithoutPython = WithoutPython.TOLD,
    beginning: Collection[type[Action]] = (),
) -> Iterator[Fleet]:
    """A fleet of the site's hosts; its sessions end with the block. Where it is said what they are asked in the
    beginning, the source of that is sent ahead, with what their roles may ask. Raises the gravest Failure to
    connect."""
    roles = load_roles(site.project)
    with _opening(site, roles, listener, without_python, beginning) as sessions:
        _require_all(sessions)
        with _fleet(site, roles, listener, sessions) as fleet:
            yield fleet


@contextmanager
def connected_where_reached(site: Site, listener: Listener, usual_forks: int = FORKS) -> Iterator[Fleet]:
    """A fleet of those of the site's hosts that let us in, for what is asked of each alone. `usual_forks` is on how
    many hosts steps are done at once, where nobody said. After the block, or before it where none lets us in, raises
    the gravest Failure to connect: one host does not hide what the others have."""
    roles = load_roles(site.project)
    with _opening(site, roles, listener, WithoutPython.TOLD) as sessions:
        if all(future.exception() for future in sessions):
            _require_all(sessions)
        with _fleet(site, roles, listener, sessions, usual_forks) as fleet:
            yield fleet
        _require_all(sessions)


@contextmanager
def reached(site: Site, listener: Listener) -> Iterator[tuple[Session, ...]]:
    """Those of the site's hosts that let us in, for what is asked of each alone. After the block, raises the
    gravest Failure to connect: one host does not hide what the others said."""
    with _opening(site, load_roles(site.project), listener, WithoutPython.TOLD) as sessions:
        yield tuple(future.result() for future in sessions if not future.exception())
        _require_all(sessions)


@contextmanager
def _opening(
    site: Site,
    roles: tuple[Role, ...],
    listener: Listener,
    without_python: WithoutPython,
    beginning: Collection[type[Action]] = (),
) -> Iterator[Sequence[Future[Session]]]:
    """Each host's session, or why there is none; they end with the block."""
    checked = checked_settings(site, roles)  # what is wrong with them is said before anybody logs in,
    tell_doubts(site, checked, listener)  # and what may be
    names = {name for settings in checked for name in settings.roles}
    kinds = (kind for role in roles if role.name in names for kind in role.kinds)
    ahead = frozenset(kind.__module__ for kind in (*beginning, *kinds)) if beginning else frozenset()
    pool = ThreadPoolExecutor(max_workers=site.most_at_once or FORKS)
    try:
        with site.entrance.asking():
            starts = tuple(_starts(site, listener, ahead))
            sessions = [pool.submit(_connect, site, start, without_python) for start in starts]
            await_all(sessions)
    except KeyboardInterrupt:
        hosts = ", ".join(host.name for host in site.hosts)
        raise Interrupted("stopped by Ctrl-C", host=hosts, step=CONNECT, state=UNTOUCHED) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # who still connects to a silent host would hold Ctrl-C up
    try:
        yield sessions
    finally:
        for future in sessions:
            if not future.exception():
                future.result().close()


@contextmanager
def _fleet(
    site: Site,
    roles: tuple[Role, ...],
    listener: Listener,
    sessions: Sequence[Future[Session]],
    usual_forks: int = FORKS,
) -> Iterator[Fleet]:
    """The hosts that are connected, each with its settings; of the others the facts are made up."""
    opened = [None if future.exception() else future.result() for future in sessions]
    facts = [session.facts if session else placeholder_facts() for session in opened]
    pairs = zip(opened, settings_of_hosts(site, roles, facts), strict=True)
    targets = [_target(site, session, settings) for session, settings in pairs if session]
    with closing(Fleet(targets, listener, site.most_at_once or usual_forks)) as fleet:
        yield fleet


def _require_all(sessions: Sequence[Future[Session]]) -> None:
    """Raises the gravest Failure to connect; the hosts that failed beside it are named in it."""
    errors = [error for future in sessions if (error := future.exception()) is not None]
    failures = [error for error in errors if isinstance(error, Failure)]
    if len(failures) < len(errors):  # a fault of ours
        raise next(error for error in errors if not isinstance(error, Failure))
    if failures:
        worst = gravest(failures)
        worst.lines += tuple(f"also {other}" for other in failures if other is not worst)
        raise worst


def _starts(site: Site, listener: Listener, ahead: frozenset[str]) -> Iterator[Start]:
    """How each host's agent is started; what a person must be asked is asked now, before anything moves."""
    access, interpreters = site.entrance.access, Interpreters(usual_file())
    kind = _kind(site)
    for host in site.hosts:
        settings = site.connection(host)
        access.unlock(settings)
        yield Start(host.name, settings, access, interpreters, listener, kind, ahead)


def _kind(site: Site) -> type[Session]:
    if not site.check:
        return Session
    from backline.fleet.asking import AskingSession

    return AskingSession


def _connect(site: Site, start: Start, without_python: WithoutPython) -> Session:
    """`open_session`, told as the first step of the run."""
    began = time.time()
    start.listener(Event(Kind.STARTED, began, start.name, CONNECT))
    status, text = Outcome.FAILED, ""
    try:
        session = open_session(site, start, without_python)
        status, text = Outcome.DONE, f"Python {session.facts.python_version} as {session.facts.user}"
        return session
    finally:
        now = time.time()
        event = Event(Kind.FINISHED, now, start.name, CONNECT, status, text=text, seconds=now - began)
        start.listener(event)


def open_session(site: Site, start: Start, without_python: WithoutPython) -> Session:
    """Connect one host and start its agent. Raises Unreachable."""
    try:
        return _session(site, start, without_python)
    except Unreachable as failure:
        failure.host = failure.host or start.name
        failure.step = failure.step or CONNECT
        failure.hint = _hint(site, failure, start)
        failure.state = failure.state or UNTOUCHED
        raise


def _session(site: Site, start: Start, without_python: WithoutPython) -> Session:
    try:
        return start.session()
    except NoPython as missing:
        if start.settings.python:
            raise
        if site.check or without_python is WithoutPython.TOLD:
            missing.hint = f"{missing.hint}\nor have its package manager install it:  inv provision{site.host_option}"
            raise
    text = "no Python 3.8 or newer there: its package manager installs python3"
    start.listener(Event(Kind.NOTE, time.time(), host=start.name, step=CONNECT, text=text))
    install_python(start)
    return start.found()


def _hint(site: Site, failure: Unreachable, start: Start) -> str:
    from backline.transport.host_keys import UntrustedHostKey

    if isinstance(failure, UntrustedHostKey):
        return f"{failure.hint}\n{trust_command(site, failure, start.name)}"
    return failure.hint


def trust_command(site: Site, failure: UntrustedHostKey, host: str) -> str:
    """What to type to accept the key."""
    inventory = f" --inventory {shlex.quote(site.inventory_path)}" if site.inventory_path else ""
    return f"inv trust --host {shlex.quote(host)}{inventory}{' --replace' if failure.changed else ''}"


def _target(site: Site, session: Session, settings: HostSettings) -> Target:
    session.hide(secret_values(settings.app.environment))
    session.hide(value for value in site.vault.revealed if len(value) >= SHORTEST)
    return Target(session, settings)
