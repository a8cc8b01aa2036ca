"""Resources applied to a lab host by root over real OpenSSH, foreseen and made so."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from backline.agent.events import Event, Kind, Outcome
from backline.agent.steps.apply import Applied, Apply
from backline.agent.steps.foresee import Foresee
from backline.resources.plan import Entry, Plan
from backline.resources.resource import Resource
from tests.fleet.connecting import ROOT, connected
from tests.host.engine.conftest import Connected
from tests.lab.host import Host

NAMING = {Outcome.CHANGED, Outcome.WOULD_CHANGE}


@dataclass(frozen=True)
class AsRoot:
    """A session of root's on a lab host."""

    host: Host
    there: Connected

    def apply(self, *resources: Resource) -> Applied:
        applied = self.there.session.perform(Apply(plan_of(*resources)))
        assert isinstance(applied, Applied)
        return applied

    def applied(self, *resources: Resource) -> list[str]:
        """What was changed, by the subjects of the events."""
        return self._named(Apply(plan_of(*resources)))

    def foreseen(self, *resources: Resource) -> list[str]:
        """What check mode says would be changed. Each time by an agent of its own, as in a run."""
        with connected(self.host, ROOT) as there:
            return AsRoot(self.host, there)._named(Foresee(Apply(plan_of(*resources))))

    def settles(self, *resources: Resource) -> bool:
        """Whether check foretells what apply changes, and a second apply changes nothing; it changes something."""
        foreseen = self.foreseen(*resources)
        assert self.applied(*resources) == foreseen
        assert self.applied(*resources) == []
        return foreseen != []

    def _named(self, action: Apply | Foresee) -> list[str]:
        self.there.events.clear()
        self.there.session.perform(action)
        return [event.subject for event in self.there.events if is_change(event)]


def plan_of(*resources: Resource) -> Plan:
    return Plan(tuple(Entry(resource) for resource in resources))


def is_change(event: Event) -> bool:
    return event.kind == Kind.RESOURCE and event.status in NAMING


@contextmanager
def as_root(host: Host) -> Generator[AsRoot]:
    with connected(host, ROOT) as there:
        yield AsRoot(host, there)
