"""The start of every run: take the lock, converge the roles, reap what has drained, and see what there is."""

from __future__ import annotations

from backline.agent.steps.apply import Apply
from backline.agent.steps.read_app import AppState, ReadApp
from backline.agent.steps.reap_programs import Reaped, ReapPrograms
from backline.agent.steps.take_lock import TakeLock
from backline.deploy.order import Order
from backline.deploy.role import role_plan
from backline.deploy.stock import Stock
from backline.fleet.target import Target, expected
from backline.settings.app_settings import AppSettings


def take_stock(target: Target, order: Order) -> Stock:
    """Lock the app, make the roles so, and read the state: four requests in one flight."""
    settings = target.settings
    app = settings.app
    lock = target.session.begin(TakeLock(app.state_directory, order.who, order.command, order.at))
    apply = target.session.begin(
        Apply(role_plan(settings, order.roles), f"{app.state_directory}/owed.json"), after=lock
    )
    reap = target.session.begin(ReapPrograms(settings.supervisor.socket, f"{app.name}-"), after=apply)
    read = target.session.begin(reading(target), after=apply)
    lock.result()
    target.holds_lock = True
    applied = target.counted(apply)
    target.tally.converged = applied.changed
    target.session.remark(f"{applied.changed} changed, {applied.unchanged} as they should be")
    for name in expected(reap.result(), Reaped).draining:
        target.session.note(f"{name} still finishes what it had begun")
    return Stock(target.name, settings, expected(read.result(), AppState))


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
