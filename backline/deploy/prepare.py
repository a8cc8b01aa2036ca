"""The start of every run: take the lock, converge the roles, reap what has drained, and see what there is."""

from __future__ import annotations

from collections.abc import Collection

from backline.agent.steps.apply import Apply
from backline.agent.steps.read_app import AppState, ReadApp
from backline.agent.steps.reap_programs import Reaped, ReapPrograms
from backline.agent.steps.take_lock import TakeLock
from backline.deploy.order import Order
from backline.deploy.role import chosen, role_plan
from backline.deploy.stock import Stock
from backline.deploy.strays import end_strays
from backline.fleet.requests import Pending
from backline.fleet.target import Target, expected
from backline.settings.app_settings import AppSettings
from backline.settings.settings import HostSettings


def take_stock(target: Target, order: Order) -> Stock:
    """Lock the app, make the roles so, and read the state: four requests in one flight."""
    settings = target.settings
    app = settings.app
    lock = _begin_to_lock(target, order)
    apply = _begin_to_apply(target, order, settings, lock)
    reap = target.session.begin(ReapPrograms(settings.supervisor.socket, app.program_prefixes), after=apply)
    read = target.session.begin(reading(target), after=apply)
    _await_roles(target, lock, apply)
    for name in expected(reap.result(), Reaped).draining:
        target.session.note(f"{name} still finishes what it had begun")
    stock = Stock(target.name, settings, expected(read.result(), AppState))
    end_strays(target, stock)
    return stock


def converge_roles(target: Target, order: Order, names: Collection[str]) -> None:
    """Lock the app and make the roles of these names so, all of the host's where none is named; nothing else."""
    lock = _begin_to_lock(target, order)
    _await_roles(target, lock, _begin_to_apply(target, order, chosen(target.settings, names), lock))


def _begin_to_lock(target: Target, order: Order) -> Pending:
    return target.session.begin(TakeLock(target.settings.app.state_directory, order.who, order.command, order.at))


def _begin_to_apply(target: Target, order: Order, settings: HostSettings, lock: Pending) -> Pending:
    owed = f"{settings.app.state_directory}/owed.json"
    return target.session.begin(Apply(role_plan(settings, order.roles), owed), after=lock)


def _await_roles(target: Target, lock: Pending, apply: Pending) -> None:
    lock.result()
    target.holds_lock = True
    applied = target.counted(apply)
    target.tally.converged = applied.changed
    target.session.remark(f"{applied.changed} changed, {applied.unchanged} unchanged")


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
