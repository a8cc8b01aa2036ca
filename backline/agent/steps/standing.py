"""What of a plan is not so, without doing anything: what a removal would take away, or has left."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.plan import Plan
    from backline.resources.resource import Difference, Host, Resource


@dataclass(frozen=True)
class Standing(Question):
    """Returns a line for each thing that is there and should not be, in the order of the plan."""

    plan: Plan

    def perform(self, host: Host) -> tuple[str, ...]:
        return tuple(
            _told(entry.resource, difference) for entry in self.plan for difference in entry.resource.differences(host)
        )


def _told(resource: Resource, difference: Difference) -> str:
    if difference.attribute == "exists":
        return f"{difference.before} {resource.subject}"
    return f"{difference.attribute}: {difference.before}"
