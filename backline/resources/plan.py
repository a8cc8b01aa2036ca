"""A plan: the ordered resources for one host and the handlers that they notify. Data, and it travels."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Action, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class Handler:
    """An action that runs once, at the end of the role, if something that notifies it changed."""

    name: str
    action: Action
    interrupts: bool = False
    """True where running it interrupts the live site; it is announced before it runs."""


@dataclass(frozen=True)
class Entry:
    """One resource of a plan, the handlers it notifies, and the role that asked for it."""

    resource: Resource
    notify: tuple[Handler, ...] = ()
    role: str = ""


@dataclass(frozen=True)
class Plan:
    """What should be so on one host, in the order in which it is made so."""

    entries: tuple[Entry, ...] = ()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


def notifying(resource: Resource, *handlers: Handler) -> Entry:
    """A resource that notifies handlers, as a role yields it."""
    return Entry(resource, tuple(handlers))


def contradictions(plan: Plan) -> Iterable[str]:
    """The places where a plan's written order contradicts itself: a resource that needs what comes after it."""
    backwards = reversed(tuple(enumerate(plan)))
    provided_at = {name: place for place, entry in backwards for name in entry.resource.provides()}
    for place, entry in enumerate(plan):
        for need in entry.resource.needs():
            if provided_at.get(need, -1) > place:
                later = plan.entries[provided_at[need]].resource
                yield f"{entry.resource.subject} needs {need}, which only the later {later.subject} provides"
