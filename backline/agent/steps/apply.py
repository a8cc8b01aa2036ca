"""Apply a plan: look, tell, mend, look again; and the same that only looks, over the overlay."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from backline.agent.events import Event, Kind, Outcome
from backline.agent.machine import machine_of
from backline.agent.owed import OwedHandlers
from backline.resources.failure import Failure, NotConverged, OnlyLooking
from backline.resources.plan import Plan
from backline.resources.resource import Action, Difference, Host
from backline.resources.secret import MASK, Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from backline.resources.plan import Entry, Handler


@dataclass(frozen=True)
class Applied:
    """How a plan went: counts of resources, and the names of the handlers that ran (or, checking, would run)."""

    changed: int = 0
    unchanged: int = 0
    handlers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Apply(Action):
    """Make a plan so. `owed_path` is the file that remembers handlers which a run that dies still owes."""

    plan: Plan
    owed_path: str = ""

    def perform(self, host: Host) -> Applied:
        owed = OwedHandlers(host, self.owed_path)
        applied = Applied()
        for entries in _by_role(self.plan):
            for entry in entries:
                if _converge(host, entry, owed):
                    applied = replace(applied, changed=applied.changed + 1)
                else:
                    applied = replace(applied, unchanged=applied.unchanged + 1)
            ran = _run_owed(host, entries, owed)
            applied = replace(applied, handlers=applied.handlers + ran)
        return applied


@dataclass(frozen=True)
class Check(Action):
    """Say what applying a plan would change, and change nothing: later resources see what earlier ones would do."""

    plan: Plan

    def perform(self, host: Host) -> Applied:
        from backline.agent.overlay import Overlay

        overlay = Overlay(machine_of(host))
        would_change = unchanged = 0
        handlers: dict[str, None] = {}
        for entry in self.plan:
            differences = tuple(entry.resource.differences(overlay))
            if not differences:
                unchanged += 1
                continue
            would_change += 1
            handlers.update(dict.fromkeys(handler.name for handler in entry.notify))
            _tell(host, entry, Outcome.WOULD_CHANGE, differences, 0.0)
            try:
                entry.resource.converge(overlay)
            except OnlyLooking:
                host.tell(f"{entry.resource.subject}: would run; the result is not known before")
        return Applied(would_change, unchanged, tuple(handlers))


def _converge(host: Host, entry: Entry, owed: OwedHandlers) -> bool:
    """True if something was changed."""
    resource = entry.resource
    began = time.monotonic()
    differences = tuple(resource.differences(host))
    if not differences:
        return False
    try:
        owed.add(entry.notify)
        resource.converge(host)
        left = tuple(resource.differences(host))
        if left:
            raise NotConverged(
                f"{resource.subject} was changed, and looking again it is still not so",
                lines=tuple(f"{one.attribute}: {one.before!r}, should be {one.after!r}" for one in map(_told, left)),
            )
    except Failure as failure:
        if entry.role:  # what no role asked for, the runbook's own step names
            failure.step = failure.step or f"{entry.role}: {resource.subject}"
        _tell(host, entry, Outcome.FAILED, differences, time.monotonic() - began)
        raise
    _tell(host, entry, Outcome.CHANGED, differences, time.monotonic() - began)
    return True


def _run_owed(host: Host, entries: tuple[Entry, ...], owed: OwedHandlers) -> tuple[str, ...]:
    """Run each handler that this role's resources can notify and that is owed, once, in the order of the plan."""
    ran: list[str] = []
    handlers: dict[str, Handler] = {handler.name: handler for entry in entries for handler in entry.notify}
    for name, handler in handlers.items():
        if not owed.has(name):
            continue
        if handler.interrupts:
            host.tell(f"{name}: this interrupts the live site")
        began = time.monotonic()
        handler.action.perform(host)
        owed.settle(name)
        seconds = time.monotonic() - began
        _send(host, Event(Kind.HANDLER, time.time(), subject=name, status=Outcome.DONE, seconds=seconds))
        ran.append(name)
    return tuple(ran)


def _by_role(plan: Plan) -> Iterable[tuple[Entry, ...]]:
    """The entries of a plan, cut where the role changes: handlers run at the end of their role."""
    group: list[Entry] = []
    for entry in plan:
        if group and entry.role != group[-1].role:
            yield tuple(group)
            group = []
        group.append(entry)
    if group:
        yield tuple(group)


def _tell(host: Host, entry: Entry, status: str, differences: tuple[Difference, ...], seconds: float) -> None:
    told = tuple(_told(difference) for difference in differences)
    subject = entry.resource.subject
    detail = {"role": entry.role, "kind": type(entry.resource).__name__}
    event = Event(Kind.RESOURCE, time.time(), "", "", status, subject, "", seconds, told, detail)
    _send(host, event)


def _told(difference: Difference) -> Difference:
    """A difference as it may be told: no secret leaves the host."""
    hidden = {name: MASK for name in ("before", "after") if isinstance(getattr(difference, name), Secret)}
    return replace(difference, **hidden)


def _send(host: Host, event: Event) -> None:
    machine_of(host).send_event(event)
