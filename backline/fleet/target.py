"""One host of a run, as a step sees it: its session, its settings, and what was counted on it."""

from __future__ import annotations

from typing import TypeVar

from backline.agent.events import Outcome
from backline.agent.facts import Facts
from backline.agent.steps.apply import Applied, Apply
from backline.fleet.pauses import Pauses
from backline.fleet.requests import Pending
from backline.fleet.session import Session
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import Failure
from backline.resources.plan import Plan
from backline.resources.resource import Action
from backline.settings.settings import HostSettings

Answer = TypeVar("Answer")


@dataclass
class Tally:
    """What a run did on one host, for its summary."""

    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    converged: int = 0
    """How many of `changed` the host's roles asked for, whatever is deployed."""
    virtualenv: str | None = None
    """`built` or `reused`, None where the run did not come to it."""
    failure: Failure | None = None
    """The last that happened here; of several hosts that fail, only the worst one's names the run."""
    serves: str | None = None
    """What serves the host as far as the run knows: `r43`, `r43-2`; empty for nothing, None where it did not look."""
    pauses: Pauses = field(default_factory=Pauses)
    """What stood still, and how long."""


@dataclass
class Target:
    """A host that is connected. Steps are given one and ask it for things."""

    session: Session
    settings: HostSettings
    tally: Tally = field(default_factory=Tally)
    lock: Pending | None = None
    """The request for the app's lock, from when it was sent until the lock is let go."""

    @property
    def holds_lock(self) -> bool:
        """Whether we have it. Waits for the answer where it was asked for: Ctrl-C may come between the two."""
        return self.lock is not None and self.lock.succeeded()

    @property
    def name(self) -> str:
        return self.session.name

    @property
    def facts(self) -> Facts:
        return self.session.facts

    def note_serving(self, label: str | None) -> None:
        """This serves the host now, or (None) nobody knows; in check mode nothing has gone over to anything."""
        if self.session.outcome != Outcome.ASKED:
            self.tally.serves = label

    def perform(self, action: Action) -> object:
        """Do an action there and wait for its answer. Raises the Failure that it raised."""
        return self.session.perform(action)

    def answer(self, action: Action, kind: type[Answer]) -> Answer:
        """`perform`, for an action that answers with a dataclass of ours."""
        return expected(self.perform(action), kind)

    def apply(self, plan: Plan) -> Applied:
        """Make a plan so, and count it."""
        return self.counted(self.session.begin(Apply(plan)))

    def counted(self, pending: Pending) -> Applied:
        """The result of an Apply that was sent ahead, counted."""
        applied = expected(pending.result(), Applied)
        self.tally.changed += applied.changed
        self.tally.unchanged += applied.unchanged
        return applied


def expected(value: object, kind: type[Answer]) -> Answer:
    """An answer as the dataclass that it must be."""
    if not isinstance(value, kind):
        raise TypeError(f"the agent answered with {type(value).__name__} instead of {kind.__name__}")
    return value
