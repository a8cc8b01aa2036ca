"""Moves links that running programs find their release by, and tells beforehand where they lead."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.foresight import Would
from backline.resources.link_place import require_free
from backline.resources.resource import Action, Host, Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight

NOWHERE = ""
"""Stands for the target of a link that is not there."""


@dataclass(frozen=True)
class LinkTargets:
    """(path, target as it is written) of each link; NOWHERE where there is none."""

    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReadLinks(Question):
    """Returns LinkTargets. Raises Conflict where something else than a link is in a link's place."""

    paths: tuple[str, ...]

    def perform(self, host: Host) -> LinkTargets:
        return LinkTargets(tuple((path, target_of(host, path)) for path in self.paths))


@dataclass(frozen=True)
class MoveLinks(Action):
    """(path, target): each is moved at once, one after the other; NOWHERE takes a link away. The undo is MoveLinks to
    what ReadLinks found."""

    links: tuple[tuple[str, str], ...]

    def perform(self, host: Host) -> None:
        for path, target in self.links:
            if target_of(host, path) == target:
                continue
            if target == NOWHERE:
                host.remove(path)
            else:
                host.make_link(path, target)

    def foresee(self, host: Foresight) -> None:
        for path, target in self.links:
            if target_of(host, path) != target:
                host.foretell(Would.MOVE, path, f"to {target}")
        self.perform(host)


def target_of(host: Host, path: str) -> str:
    """Where a link leads. Raises Conflict where something else is in its place."""
    require_free(host, path)
    found = host.status(path)
    return found.target if found else NOWHERE
