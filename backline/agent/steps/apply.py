"""Apply a plan: look, tell, mend, look again; and, to foresee it, the same over check mode's overlay."""

from __future__ import annotations

import time

from backline.agent.events import Event, Kind, Outcome
from backline.agent.owed import OwedHandlers
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import Failure, NotConverged
from backline.resources.foresight import Would
from backline.resources.plan import Plan
from backline.resources.resource import Action, Difference, Host
from backline.resources.secret import MASK, Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backline.resources.foresight import Foresight
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
        return self._applied(owed, lambda entry: _converge(host, entry, owed), lambda handler: _run(host, handler))

    def foresee(self, host: Foresight) -> Applied:
        owed = OwedHandlers(host, self.owed_path)
        return self._applied(owed, lambda entry: _imagine(host, entry, owed), lambda handler: _foretell(host, handler))

    def _applied(self, owed: OwedHandlers, mended: Callable[[Entry], bool], run: Callable[[Handler], None]) -> Applied:
        """Role by role. `mended` says whether there was something to mend."""
        applied = Applied()
        for entries in _by_role(self.plan):
            for entry in entries:
                if mended(entry):
                    applied = replace(applied, changed=applied.changed + 1)
                else:
                    applied = replace(applied, unchanged=applied.unchanged + 1)
            for handler in _owed(entries, owed):
                run(handler)
                owed.settle(handler.name)
                applied = replace(applied, handlers=(*applied.handlers, handler.name))
        return applied


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
        _place(failure, entry)
        _tell(host, entry, Outcome.FAILED, differences, time.monotonic() - began)
        raise
    _tell(host, entry, Outcome.CHANGED, differences, time.monotonic() - began)
    return True


def _imagine(host: Foresight, entry: Entry, owed: OwedHandlers) -> bool:
    """True if something would be changed; what comes later sees the host as if it were."""
    differences = tuple(entry.resource.differences(host))
    if not differences:
        return False
    _tell(host, entry, Outcome.WOULD_CHANGE, differences, 0.0)
    try:
        owed.add(entry.notify)
        host.imagine(entry.resource)
    except Failure as failure:
        _place(failure, entry)
        raise
    return True


def _run(host: Host, handler: Handler) -> None:
    if handler.interrupts:
        host.tell(f"{handler.name}: this interrupts the live site")
    began = time.monotonic()
    handler.action.perform(host)
    seconds = time.monotonic() - began
    _send(host, Event(Kind.HANDLER, time.time(), subject=handler.name, status=Outcome.DONE, seconds=seconds))


def _foretell(host: Foresight, handler: Handler) -> None:
    handler.action.foresee(host)
    text = "this interrupts the live site" if handler.interrupts else ""
    _send(host, Event(Kind.HANDLER, time.time(), subject=handler.name, status=Would.RUN, text=text))


def _owed(entries: tuple[Entry, ...], owed: OwedHandlers) -> Iterable[Handler]:
    """The handlers that this role's resources can notify and that are owed, each once, in the order of the plan."""
    handlers = {handler.name: handler for entry in entries for handler in entry.notify}
    return tuple(handler for name, handler in handlers.items() if owed.has(name))


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


def _place(failure: Failure, entry: Entry) -> None:
    """Say of which resource it is. What no role asked for, the runbook's own step names."""
    if entry.role:
        failure.step = failure.step or f"{entry.role}: {entry.resource.subject}"


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
    from backline.agent.machine import teller_of  # the controller asks for this step, and has no machine

    teller_of(host).send_event(event)
