"""The start of every run: take the lock, converge the roles, reap what has drained, and see what there is."""

from __future__ import annotations

from collections.abc import Collection

from backline.agent.steps.read_app import AppState, ReadApp
from backline.agent.steps.reap_programs import Reaped, ReapPrograms
from backline.agent.steps.take_lock import TakeLock
from backline.deploy.converging import RolesAsked, await_roles, begin_roles, sent_what_they_need
from backline.deploy.order import Order
from backline.deploy.role import chosen
from backline.deploy.stock import Stock
from backline.deploy.strays import end_strays
from backline.fleet.requests import Pending
from backline.fleet.target import Target, expected
from backline.settings.app_settings import AppSettings


def take_stock(target: Target, order: Order) -> Stock:
    """Lock the app, make the roles so, and read the state: four requests in one flight."""
    settings = target.settings
    app = settings.app
    lock = _begin_to_lock(target, order)

    def begin() -> tuple[RolesAsked, Pending, Pending]:
        asked = begin_roles(target, order, settings, lock)
        reap = target.session.begin(ReapPrograms(settings.supervisor.socket, app.program_prefixes), after=asked.apply)
        return asked, reap, target.session.begin(reading(target), after=asked.apply)

    asked, reap, read = begin()
    _await_lock(target, lock)
    if sent_what_they_need(target, asked):
        asked, reap, read = begin()
    await_roles(target, asked)
    for name in expected(reap.result(), Reaped).draining:
        target.session.note(f"{name} still finishes what it had begun")
    stock = Stock(target.name, settings, expected(read.result(), AppState))
    end_strays(target, stock)
    return stock


def converge_roles(target: Target, order: Order, names: Collection[str]) -> None:
    """Lock the app and make the roles of these names so, all of the host's where none is named; nothing else."""
    settings = chosen(target.settings, names)
    lock = _begin_to_lock(target, order)
    asked = begin_roles(target, order, settings, lock)
    _await_lock(target, lock)
    if sent_what_they_need(target, asked):
        asked = begin_roles(target, order, settings, lock)
    await_roles(target, asked)


def _begin_to_lock(target: Target, order: Order) -> Pending:
    return target.session.begin(TakeLock(target.settings.app.state_directory, order.who, order.command, order.at))


def _await_lock(target: Target, lock: Pending) -> None:
    lock.result()
    target.holds_lock = True


def look(target: Target) -> Stock:
    """The state as it is, without a lock and without touching anything."""
    return Stock(target.name, target.settings, target.answer(reading(target), AppState))


def reading(target: Target) -> ReadApp:
    """The action that reads the state of the target's app."""
    settings = target.settings
    return ReadApp(
        root=settings.app.root,
        supervisor_socket=settings.supervisor.socket,
        app_name=settings.app.name,
        python=settings.of(AppSettings).app_python,
    )
