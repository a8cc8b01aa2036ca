"""The beginning of a run on all its hosts: locked, or none of them; made so; mended; and left with those that serve."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from backline.agent.events import Event, Kind
from backline.deploy.database_files import database_files
from backline.deploy.guarding import Run
from backline.deploy.prepare import let_go, lock, look, take_stock
from backline.deploy.role import has_programs
from backline.deploy.stock import Stock
from backline.fleet.target import Target
from backline.resources.failure import ConfigurationError, Failure


def begin(run: Run) -> tuple[Stock, ...]:
    """What there is on the hosts that get releases, in the inventory's order; steps are done on those from now on.

    Raises LockHeld where a host's lock cannot be had, and ConfigurationError where no host runs anything of the app."""
    lock_hosts(run)
    stocks = mended(run, run.fleet.each(take_stock, run.order))
    serving = tuple(stock for stock in stocks if _takes_part(run, stock))
    if not serving:
        raise ConfigurationError(
            "none of these hosts runs anything of the app: no role of theirs has programs",
            hint="make their roles so:  inv provision\nor give a host the role web or celery (backline_roles)",
        )
    run.fleet.narrow([stock.name for stock in serving])
    _tell_of_the_rest(run, serving)
    return serving


def mended(run: Run, stocks: Sequence[Stock]) -> tuple[Stock, ...]:
    """The hosts as they are when what a run left that was cut off is settled; what does that is imported only then."""
    if not any(stock.state.journal for stock in stocks):
        return tuple(stocks)
    from backline.deploy.repair import repaired

    return repaired(run, stocks)


def refuse_early(run: Run, requirement: Callable[[Stock], object]) -> None:
    """Have each host that takes part say whether what is asked for can be done there, before anything is changed; under
    the lock it is looked at again. Raises what `requirement` raises, with what the other hosts say."""
    refusals = [
        refusal
        for stock in run.fleet.each(look)
        if _takes_part(run, stock)
        for refusal in _refusals(requirement, stock)
    ]
    if refusals:
        first, *others = refusals
        first.lines += tuple(f"{other.host}: {other.cause}" for other in others)
        raise first


def _refusals(requirement: Callable[[Stock], object], stock: Stock) -> Iterator[Failure]:
    try:
        requirement(stock)
    except Failure as failure:
        yield failure


def _takes_part(run: Run, stock: Stock) -> bool:
    """It gets the release; or something runs there that is of the app, and that its roles have no more: that ends."""
    return has_programs(stock.settings, run.order.roles) or bool(stock.live_programs)


def lock_hosts(run: Run) -> None:
    """On all hosts or on none. A host that is alone is locked in the flight of what comes next."""
    if len(run.fleet.targets) > 1:
        lock_all(run, run.fleet.targets)


def lock_all(run: Run, targets: Sequence[Target]) -> None:
    """These or none. The first one's lock is taken first, so that of two runs on the same hosts one gets all; the
    others' then at once."""
    fleet = run.fleet
    try:
        fleet.on(targets[:1], lock, run.order)
        fleet.on(targets[1:], lock, run.order)
    except Failure as failure:
        fleet.go_on()
        held = [target for target in fleet.targets if target.holds_lock]
        failure.state = "nothing was touched; no host is locked by this run"
        try:
            fleet.surely_on(held, let_go)
        except Failure as lost:  # its lock ends with its agent
            failure.lines += (f"{lost.host}: {lost.cause}",)
        raise


def warn_of_database_files(run: Run, stocks: Sequence[Stock]) -> None:
    """Before anything is migrated; a project may know what it does."""
    for text in database_files(stocks):
        _tell(run, Kind.WARNING, text)


def require_one_release(run: Run, stocks: Sequence[Stock]) -> None:
    """Raises ConfigurationError where hosts serve different releases: what is meant then by the one that is live?"""
    if len({stock.live_number for stock in stocks}) > 1:
        raise ConfigurationError(
            "these hosts do not serve the same release",
            lines=serving_lines(stocks),
            hint=f"one release for all:  inv deploy{run.host_option}",
        )


def serving_lines(stocks: Sequence[Stock]) -> tuple[str, ...]:
    """A line for each host."""
    return tuple(f"{stock.name}: {stock.live_name or 'nothing yet'}" for stock in stocks)


def _tell_of_the_rest(run: Run, stocks: Sequence[Stock]) -> None:
    """Hosts of the app that are left out, and hosts that serve different releases: nobody shall miss either."""
    if run.order.others:
        hosts = ", ".join(run.order.others)
        _tell(run, Kind.NOTE, f"this is for a part of the app's hosts; not for {hosts}")
    if len({stock.live_number for stock in stocks if stock.live_number}) > 1:
        _tell(run, Kind.WARNING, f"these hosts serve different releases: {'; '.join(serving_lines(stocks))}")


def _tell(run: Run, kind: str, text: str) -> None:
    run.fleet.tell(Event(kind, time.time(), text=text))
