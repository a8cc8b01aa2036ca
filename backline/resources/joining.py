"""Does together what can be done together: workers of one release are pinged by one process, not by one each."""

from __future__ import annotations

from backline.resources.dataclass import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar

    from backline.resources.resource import Action

    SomeAction = TypeVar("SomeAction", bound=Action)


def joined_by(action: SomeAction, other: Action, *fields: str) -> SomeAction | None:
    """Both as one, where they differ in nothing but these fields, which are tuples; None where they do."""
    if type(other) is not type(action):
        return None
    alike = replace(other, **{name: getattr(action, name) for name in fields})  # type: ignore[type-var]
    if alike != action:
        return None
    both = {name: getattr(action, name) + getattr(other, name) for name in fields}
    return replace(action, **both)  # type: ignore[type-var]


def together(actions: Iterable[Action | None]) -> tuple[Action, ...]:
    """What there is to do, each thing once, joined where it can be, in the order of the first of each."""
    found: list[Action] = []
    for action in actions:
        if action is None or action in found:
            continue
        for place, earlier in enumerate(found):
            both = earlier.joined(action)
            if both is not None:
                found[place] = both
                break
        else:
            found.append(action)
    return tuple(found)
