"""From the hosts that a person named to a fleet: settings checked before anything is connected, then all at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from backline.agent.events import Event, Kind, Outcome
from backline.commands.host_settings import checked_settings, settings_of_hosts
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.fleet.asking import AskingSession
from backline.fleet.fleet import FORKS, Fleet
from backline.fleet.session import Listener, Session
from backline.fleet.target import Target
from backline.inventory.inventory import InventoryHost
from backline.resources.failure import Unreachable
from backline.resources.secret import Secret
from backline.settings.connection import ConnectionSettings, connection_settings
from backline.settings.settings import HostSettings
from backline.transport.opening import open_stream

CONNECT = "connect"


@contextmanager
def connected(site: Site, listener: Listener) -> Iterator[Fleet]:
    """A fleet of the site's hosts; its sessions end with the block. Raises the first Failure to connect."""
    roles = load_roles(site.project)
    checked_settings(site, roles)  # what is wrong with them is said before anything is connected
    with ThreadPoolExecutor(max_workers=FORKS) as pool:
        sessions = [pool.submit(_connect, site, host, listener) for host in site.hosts]
    opened = [future.result() for future in sessions if not future.exception()]
    fleet: Fleet | None = None
    try:
        for future in sessions:
            future.result()
        settings = settings_of_hosts(site, roles, [session.facts for session in opened])
        fleet = Fleet([_target(*pair) for pair in zip(opened, settings, strict=True)], listener)
        yield fleet
    finally:
        if fleet is not None:
            fleet.close()
        for session in opened:
            session.close()


def _connect(site: Site, host: InventoryHost, listener: Listener) -> Session:
    """`open_session`, told as the first step of the run."""
    began = time.time()
    listener(Event(Kind.STARTED, began, host.name, CONNECT))
    status, text = Outcome.FAILED, ""
    try:
        session = open_session(site, host, listener)
        status, text = Outcome.DONE, f"Python {session.facts.python_version} as {session.facts.user}"
        return session
    finally:
        now = time.time()
        listener(Event(Kind.FINISHED, now, host.name, CONNECT, status, text=text, seconds=now - began))


def open_session(site: Site, host: InventoryHost, listener: Listener) -> Session:
    """Connect one host and start its agent. Raises Unreachable, with the host's own hint where it has one."""
    settings = connection_settings(host, site.inventory)
    try:
        kind = AskingSession if site.check else Session
        return kind(host.name, lambda command: open_stream(settings, command), _interpreter(settings), listener)
    except Unreachable as failure:
        failure.host = failure.host or host.name
        failure.step = failure.step or CONNECT
        failure.hint = settings.unreachable_hint or failure.hint
        failure.state = failure.state or "nothing was touched"
        raise


def _interpreter(settings: ConnectionSettings) -> str:
    return settings.python or "python3"


def _target(session: Session, settings: HostSettings) -> Target:
    session.hide(value.reveal() for value in settings.app.environment.values() if isinstance(value, Secret))
    return Target(session, settings)
