"""The runbook: a deploy, a rollback and a restart, each to be read from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

from backline.deploy.aftermath import prune
from backline.deploy.beginning import begin, refuse_early, require_one_release, warn_of_database_files
from backline.deploy.build import build_assets, build_virtualenv, check, migrate
from backline.deploy.code import adopt_code, push_code, read_requirements
from backline.deploy.draft import Draft, earlier_release, live_release, new_release, same_release
from backline.deploy.guarding import DEPLOYED, Run, guarded, recorded, to_be_finished
from backline.deploy.in_place import (
    announce_pause,
    forget_old_programs,
    move_links,
    start_beat_in_place,
    start_web_in_place,
    start_workers_in_place,
    stop_leaving_beat,
    stop_old_beat,
    stop_old_web,
    stop_old_workers,
    switch_in_place,
)
from backline.deploy.order import Order
from backline.deploy.outcome import LIVE, Outcome
from backline.deploy.overlap import remember_generation, start_web, start_workers, take_queues_over, watch
from backline.deploy.proof import prove, prove_live
from backline.deploy.restart import Restart
from backline.deploy.source import Source
from backline.deploy.stock import Stock
from backline.deploy.switching import drain_previous, move_beat, replace_single_workers, switch
from backline.fleet.fleet import Fleet
from backline.resources.process import BEAT, WEB, WORKERS
from backline.resources.words import counted
from backline.settings.app_settings import AppSettings


def deploy(fleet: Fleet, order: Order, source: Source) -> Outcome:
    """Put a commit live. Raises a Failure that says what serves then."""
    with recorded(fleet, order) as run:
        stocks = begin(run)  # takes the locks, converges the roles, repairs what was left
        draft = new_release(order, source, stocks)
        if draft.is_live and not order.force:
            return _stay(run, stocks)
        warn_of_database_files(run, stocks)
        run.draft = draft
        fleet.each(push_code, draft)
        fleet.each(build_virtualenv, draft)
        fleet.each(check, draft)
        fleet.each(build_assets, draft)
        run.migrating = True
        fleet.one(migrate, draft)
        return _take_over(run, draft)


def rollback(fleet: Fleet, order: Order, wanted: int = 0) -> Outcome:
    """Put an earlier release back as a new one: `wanted`, or (0) what was live before the origin of the live one. What
    is live already stays."""
    with recorded(fleet, order) as run:
        refuse_early(run, lambda stock: stock.once_live(wanted) if wanted else stock.earlier_live())
        stocks = begin(run)
        if not wanted:
            require_one_release(run, stocks)
        elif all(stock.live_number == wanted for stock in stocks):
            return _stay(run, stocks)
        number = wanted or stocks[0].earlier_live()
        requirements = fleet.one(read_requirements, stocks[0].once_live(number).number)
        run.draft = draft = earlier_release(order, stocks, number, requirements)
        fleet.each(adopt_code, draft)
        return _take_over(run, draft)


def start_anew(fleet: Fleet, order: Order, restart: Restart) -> Outcome:
    """Start something of the live release anew, as another generation; what is not meant is not touched."""
    with recorded(fleet, order) as run:
        refuse_early(run, Stock.require_live)
        stocks = begin(run)
        require_one_release(run, stocks)
        requirements = fleet.one(read_requirements, stocks[0].require_live().number)
        run.draft = draft = same_release(order, stocks, restart, requirements)
        return _take_over(run, draft)


def _take_over(run: Run, draft: Draft) -> Outcome:
    """The new generation takes over from the old."""
    if draft.in_place:
        return _take_over_in_place(run, draft)
    fleet = run.fleet
    with guarded(run, draft):  # from here each host can undo by itself, until it has switched
        fleet.each(remember_generation, draft)
        if draft.has_foundations:  # plain mode, for the first time: where its programs look for their release
            fleet.each(move_links, draft)
        for part in _starting_order(draft):
            fleet.each(START[part], draft)  # returns when they answer
        fleet.each(watch, draft)  # what dies soon after its answer does not take over
        if draft.beat_leaves:  # to another host: there are never two
            fleet.on([target for target in fleet.targets if target.name in draft.beat_leaves], stop_leaving_beat, draft)
        fleet.each(take_queues_over, draft)  # old workers finish, but begin nothing more
        run.commit(switch, draft)  # on every host or on none, Ctrl-C or not
    with to_be_finished(run):  # from here nothing is undone: what fails is named, and the guard does the rest
        fleet.each(drain_previous, draft)  # tells them to finish; does not wait for their tasks
        fleet.each(replace_single_workers, draft)  # those that must not overlap
        fleet.each(move_beat, draft)
        fleet.each(prove, draft)
        fleet.each(prune, draft)
    run.status = DEPLOYED
    return Outcome(DEPLOYED, draft.name, draft.label)


def _take_over_in_place(run: Run, draft: Draft) -> Outcome:
    """The same in plain mode: what has one name, and one link to its release, must end before its successor starts."""
    fleet = run.fleet
    with guarded(run, draft):  # a failure puts links and old programs back, and they run again
        fleet.each(remember_generation, draft)
        fleet.each(announce_pause, draft)
        for part, stop in STOP_IN_PLACE.items():  # the old web serves while the old workers finish
            if part in draft.parts:
                fleet.each(stop, draft)
        fleet.each(move_links, draft)
        for part, start in START_IN_PLACE.items():
            if part in draft.parts:
                fleet.each(start, draft)  # returns when they answer
        fleet.each(watch, draft)  # what dies soon after its answer is not kept
        run.commit(switch_in_place, draft)
    with to_be_finished(run):
        fleet.each(start_beat_in_place, draft)
        fleet.each(forget_old_programs, draft)
        fleet.each(prove, draft)
        fleet.each(prune, draft)
    run.status = DEPLOYED
    return Outcome(DEPLOYED, draft.name, draft.label)


def _stay(run: Run, stocks: Sequence[Stock]) -> Outcome:
    """What was asked for is live already: prove it, and start nothing."""
    live = live_release(run.order, stocks)
    mended = sum(run.fleet.each(prove_live, live))
    run.status = LIVE
    words = f"{live.name} is live already: {counted(mended, 'program')} mended" if mended else ""
    return Outcome(LIVE, live.name, live.name, words)


START = {WORKERS: start_workers, WEB: start_web}
"""How each part that overlaps is started; beat does not, and moves after the switch."""

STOP_IN_PLACE = {WORKERS: stop_old_workers, BEAT: stop_old_beat, WEB: stop_old_web}
START_IN_PLACE = {WEB: start_web_in_place, WORKERS: start_workers_in_place}
"""In these orders: visitors wait least, and no task meets a worker that does not know it."""


def _starting_order(draft: Draft) -> tuple[str, ...]:
    """Workers before web, unless the settings say otherwise: a worker throws away a task that it does not know."""
    wished = draft.first.stock.settings.of(AppSettings).app_restart_order
    return tuple(part for part in wished if part in START and part in draft.parts)
