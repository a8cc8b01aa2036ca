"""The new release and generation, worked out before anything of it is made: pure, from what was found on each host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from backline.deploy.fingerprint import release_fingerprint, virtualenv_key
from backline.deploy.order import Order
from backline.deploy.restart import Restart
from backline.deploy.role import generation_processes
from backline.deploy.source import Source
from backline.deploy.stock import Stock
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import ConfigurationError
from backline.resources.process import BEAT, WEB, WORKERS, Process
from backline.resources.records import ReleaseRecord
from backline.settings.app import App, Generation, Release
from backline.settings.app_settings import AppSettings
from backline.settings.launcher import launcher_text
from backline.settings.plain import generation_of

ALL_PARTS = (WORKERS, WEB, BEAT)
CANONICAL = 0
"""The number under which a fingerprint is taken, so that it does not change with the release's own number."""


@dataclass(frozen=True)
class Change:
    """What becomes of one host: the new generation, and the processes that it takes over from."""

    stock: Stock
    generation: Generation
    record: ReleaseRecord
    processes: tuple[Process, ...]
    previous: tuple[Process, ...]
    is_live: bool = False
    """What serves on the host is equal to this already."""
    adopted: int = 0
    """The release on the host whose directory this one is made from; 0 where it is made from a source."""

    @property
    def release(self) -> Release:
        return self.generation.release

    @property
    def in_place(self) -> bool:
        """Whether the new programs have names, or find their release by links, that the old ones have too."""
        sides = (self.previous, self.processes)
        return all(any(process.in_place for process in side) for side in sides)

    def new(self, part: str) -> tuple[Process, ...]:
        return tuple(process for process in self.processes if process.part == part)

    def old(self, part: str) -> tuple[Process, ...]:
        return tuple(process for process in self.previous if process.part == part)


@dataclass(frozen=True)
class Draft:
    """One release for all hosts: the same number everywhere. `parts` are those of which a new generation is started."""

    order: Order
    changes: Mapping[str, Change]
    parts: tuple[str, ...] = ALL_PARTS
    source: Source | None = None
    """What is pushed; None where the code is on the hosts already."""

    def on(self, host: str) -> Change:
        return self.changes[host]

    @cached_property
    def first(self) -> Change:
        return next(iter(self.changes.values()))

    @property
    def name(self) -> str:
        """r43."""
        return self.first.release.name

    @property
    def label(self) -> str:
        """r43, r43-2."""
        return self.first.generation.label

    @property
    def is_live(self) -> bool:
        """Equal on every host, and under one number."""
        numbers = {change.stock.live_number for change in self.changes.values()}
        return len(numbers) == 1 and all(change.is_live for change in self.changes.values())

    @property
    def is_alone(self) -> bool:
        """Whether one host gets it, which has no other to wait for."""
        return len(self.changes) == 1

    @property
    def beat_leaves(self) -> tuple[str, ...]:
        """The hosts that beat goes away from, to another one."""
        arrives = any(change.new(BEAT) for change in self.changes.values())
        leaving = (name for name, change in self.changes.items() if change.old(BEAT) and not change.new(BEAT))
        return tuple(leaving) if arrives and BEAT in self.parts else ()

    @property
    def in_place(self) -> bool:
        """Whether anything must end before its successor can start: plain mode."""
        return any(change.in_place for change in self.changes.values())

    @property
    def has_foundations(self) -> bool:
        """Whether links must be moved before anything new starts."""
        return any(process.foundations for change in self.changes.values() for process in change.processes)


def next_number(stocks: Sequence[Stock]) -> int:
    """The highest number on any host, and one more; a number is never used again, not even a failed one's."""
    return max(stock.state.highest for stock in stocks) + 1


def new_release(order: Order, source: Source, stocks: Sequence[Stock]) -> Draft:
    """A release of `source`."""
    number = next_number(stocks)
    changes = _changes(stocks, lambda stock: _new_change(order, source, stock, number))
    return _with_one_beat(Draft(order, changes, source=source))


def earlier_release(order: Order, stocks: Sequence[Stock], wanted: int, requirements: str) -> Draft:
    """A release with the code, environment and virtualenv of an earlier one, whose lock is `requirements`."""
    number = next_number(stocks)
    changes = _changes(stocks, lambda stock: _earlier_change(order, stock, number, wanted, requirements))
    return _with_one_beat(Draft(order, changes))


def same_release(order: Order, stocks: Sequence[Stock], restart: Restart, requirements: str) -> Draft:
    """Another generation of what is to be restarted of the live release, whose lock is `requirements`.

    Raises ConfigurationError where no host has a process that is called so."""
    attempt = max(stock.next_attempt for stock in stocks)
    changes = _changes(stocks, lambda stock: _again_change(order, stock, attempt, restart, requirements))
    if not any(change.processes for change in changes.values()):
        raise restart.unknown(
            [process for stock in stocks for process in stock.live_processes()], [stock.name for stock in stocks]
        )
    return _with_one_beat(Draft(order, changes, restart.parts))


def live_release(order: Order, stocks: Sequence[Stock]) -> Draft:
    """The live release of each host, as it is: nothing is to be made."""
    return Draft(order, _changes(stocks, _live_change), ())


def _with_one_beat(draft: Draft) -> Draft:
    """Raises ConfigurationError where beat would begin on a host and may run on one that nobody looks at."""
    others = draft.order.others
    arriving = [name for name, change in draft.changes.items() if change.new(BEAT) and not change.old(BEAT)]
    if arriving and others and BEAT in draft.parts:
        raise ConfigurationError(
            f"beat would begin on {arriving[0]}, and may run on a host that this run is not for: {', '.join(others)}",
            lines=("two beats send every task twice",),
            hint=f"all of them at once:  inv deploy --host {','.join((*draft.changes, *others))}",
            host=arriving[0],
        )
    return draft


def _changes(stocks: Sequence[Stock], change: Callable[[Stock], Change]) -> dict[str, Change]:
    return {stock.name: change(stock) for stock in stocks}


def _live_change(stock: Stock) -> Change:
    record = stock.require_live()
    return Change(stock, generation_of(_recorded(stock, record)), record, stock.live_processes(), ())


def _recorded(stock: Stock, record: ReleaseRecord) -> Release:
    """A release as its record has it: what it was made with, whatever the variables say today."""
    app = stock.settings.app
    given = app.environment if record.environment is None else record.environment
    own = replace(app, environment=given, settings_module=record.settings_module or app.settings_module)
    return Release(own, record.number, record.virtualenv)


def _new_change(order: Order, source: Source, stock: Stock, number: int) -> Change:
    app = stock.settings.app
    key = virtualenv_key(stock.state.interpreter, stock.state.interpreter_version, source.requirements)
    release = Release(app, number, f"{app.virtualenvs}/{key}")
    record = ReleaseRecord(
        number=number,
        commit=source.commit,
        tree=source.tree,
        ref=source.ref,
        dirty=source.dirty,
        by=order.who,
        at=order.at,
        fingerprint=_fingerprint(order, source, stock, release),
        virtualenv=release.virtualenv,
        origin=number,
        previous=stock.live_number,
        settings_module=stock.settings.of(AppSettings).django_settings_module,
        environment=_plain_environment(release.app),
    )
    change = _change(order, stock, generation_of(release), record, source.requirements)
    return replace(change, is_live=_serves_already(order, stock, record, source.requirements))


def _earlier_change(order: Order, stock: Stock, number: int, wanted: int, requirements: str) -> Change:
    earlier = stock.once_live(wanted)
    record = replace(earlier, number=number, by=order.who, at=order.at, previous=stock.live_number)
    generation = generation_of(_recorded(stock, record))
    return replace(_change(order, stock, generation, record, requirements), adopted=wanted)


def _again_change(order: Order, stock: Stock, attempt: int, restart: Restart, requirements: str) -> Change:
    record = stock.require_live()
    generation = generation_of(_recorded(stock, record), attempt)
    change = _change(order, stock, generation, record, requirements)
    return replace(
        change,
        processes=tuple(filter(restart.covers, change.processes)),
        previous=tuple(filter(restart.covers, change.previous)),
    )


def _change(order: Order, stock: Stock, generation: Generation, record: ReleaseRecord, requirements: str) -> Change:
    processes = generation_processes(stock.settings, order.roles, generation, requirements)
    return Change(stock, generation, record, processes, stock.live_processes())


def _plain_environment(app: App) -> dict[str, str] | None:
    """What is to be remembered of it: nothing where the launcher has it. Secrets are refused in plain mode."""
    if app.plain is None:
        return None
    return {name: value for name, value in app.environment.items() if isinstance(value, str)}


def _fingerprint(order: Order, source: Source, stock: Stock, release: Release) -> str:
    canonical = replace(release, number=CANONICAL)
    module = stock.settings.of(AppSettings).django_settings_module
    return release_fingerprint(
        source.tree,
        release.virtualenv,
        release.app.environment,
        launcher_text(canonical, module),
    )


def _serves_already(order: Order, stock: Stock, record: ReleaseRecord, requirements: str) -> bool:
    """The live release is equal, and so is every process that serves to what the roles would start today.

    In plain mode, what a run has left that was cut off with its guard may be neither the old nor the new."""
    live = stock.live_release
    if live is None or live.fingerprint != record.fingerprint:
        return False
    if stock.state.journal and stock.settings.app.plain:
        return False
    release = _recorded(stock, live)
    wanted = {
        process.program.name: process
        for attempt in stock.live_attempts
        for process in generation_processes(stock.settings, order.roles, generation_of(release, attempt), requirements)
    }
    serving = stock.live_processes()
    names = {process.name for process in wanted.values()}
    return names == {process.name for process in serving} and all(
        wanted.get(process.program.name) == process for process in serving
    )
