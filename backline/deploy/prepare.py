"""The start of every run: take the lock, converge the roles, reap what has drained, and see what there is."""

from __future__ import annotations

from collections.abc import Collection

from backline.agent.steps.apply import Apply
from backline.agent.steps.read_app import AppState, ReadApp
from backline.agent.steps.reap_programs import Reaped, ReapPrograms
from backline.agent.steps.require_contents import RequireContents
from backline.agent.steps.take_lock import ReleaseLock, TakeLock
from backline.deploy.converging import RolesAsked, await_roles, begin_roles, sent_what_they_need
from backline.deploy.live_programs import broken_files, live_programs
from backline.deploy.order import Order
from backline.deploy.role import chosen
from backline.deploy.stock import Stock
from backline.deploy.strays import end_strays
from backline.fleet.requests import Pending
from backline.fleet.target import Target, expected
from backline.resources.actions.require_readable import RequireReadable
from backline.resources.dataclass import replace
from backline.resources.supervisor_rpc import Unreadable
from backline.settings.app_settings import AppSettings
from backline.settings.own_places import apps_directory

BEGINNING = (TakeLock, RequireContents, Apply, RequireReadable, ReadApp)
"""What a run asks of every host before anything else."""


def lock(target: Target, order: Order) -> None:
    """Take the lock of the app on this host."""
    _begin_to_lock(target, order).result()


def let_go(target: Target) -> None:
    """Let the lock go: another host's could not be had, and nothing was done."""
    target.perform(ReleaseLock())
    target.lock = None


def take_stock(target: Target, order: Order) -> Stock:
    """Make the roles so and read the state, where it is not locked yet after that: all in one flight."""
    settings = target.settings
    lock = None if target.holds_lock else _begin_to_lock(target, order)

    def begin() -> tuple[RolesAsked, Pending, Pending, Pending]:
        asked = begin_roles(target, order, settings, lock)
        readable = target.session.begin(RequireReadable(settings.supervisor.socket), after=asked.apply)
        reap = target.session.begin(_reaping(target), after=asked.apply)
        return asked, readable, reap, target.session.begin(reading(target), after=asked.apply)

    asked, readable, reap, read = begin()
    if lock is not None:
        lock.result()
    if sent_what_they_need(target, asked):
        asked, readable, reap, read = begin()
    await_roles(target, asked)
    stock = _seen(target, Stock(target.name, settings, expected(read.result(), AppState)))
    for name in _reaped(target, stock, readable, reap).draining:
        target.session.note(f"{name} still finishes what it had begun")
    if not stock.state.journal:  # else the journal knows better what is to become of them
        end_strays(target, stock)
    return stock


def _reaped(target: Target, stock: Stock, readable: Pending, reap: Pending) -> Reaped:
    """What was asked for; once more where a broken file of what serves was in the way, which is mended. Another's is
    told: raises Unreadable."""
    try:
        readable.result()
        return expected(reap.result(), Reaped)
    except Unreadable as refusal:
        if not broken_files(stock, refusal.told):
            raise
    target.apply(live_programs(stock))
    return target.answer(_reaping(target), Reaped)


def _reaping(target: Target) -> ReapPrograms:
    app, paths = target.settings.app, target.settings.supervisor
    return ReapPrograms(paths.socket, paths.include_directory, app.name, apps_directory(app))


def converge_roles(target: Target, order: Order, names: Collection[str]) -> Stock:
    """Make the roles of these names so, all of the host's where none is named; locks it where that is not done. What is
    seen is all but the programs."""
    settings = chosen(target.settings, names)
    lock = None if target.holds_lock else _begin_to_lock(target, order)

    def begin() -> tuple[RolesAsked, Pending, Pending]:
        asked = begin_roles(target, order, settings, lock)
        readable = target.session.begin(RequireReadable(settings.supervisor.socket), after=asked.apply)
        seen = replace(reading(target), supervisor_socket="")
        return asked, readable, target.session.begin(seen, after=asked.apply)

    asked, readable, read = begin()
    if lock is not None:
        lock.result()
    if sent_what_they_need(target, asked):
        asked, readable, read = begin()
    await_roles(target, asked)
    readable.result()
    return _seen(target, Stock(target.name, target.settings, expected(read.result(), AppState)))


def _begin_to_lock(target: Target, order: Order) -> Pending:
    state, adopts = target.settings.app.state_directory, target.settings.of(AppSettings).app_adopt
    target.lock = target.session.begin(TakeLock(state, order.who, order.command, order.at, adopts))
    return target.lock


def look(target: Target) -> Stock:
    """The state as it is, without a lock and without touching anything."""
    return _seen(target, Stock(target.name, target.settings, target.answer(reading(target), AppState)))


def _seen(target: Target, stock: Stock) -> Stock:
    target.tally.serves = stock.live_name
    return stock


def reading(target: Target) -> ReadApp:
    """The action that reads the state of the target's app."""
    settings = target.settings
    return ReadApp(
        root=settings.app.root,
        supervisor_socket=settings.supervisor.socket,
        app_name=settings.app.name,
        python=settings.of(AppSettings).app_python,
    )
