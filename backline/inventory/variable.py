"""One variable: its value as it was written, and where."""

from __future__ import annotations

from collections.abc import Mapping

from backline.resources.dataclass import dataclass, field
from backline.resources.origin import Origin

Place = tuple[object, ...]
"""The keys and indices that lead from a variable's value to something inside it."""


class Unsafe(str):
    """Text marked `!unsafe`: its `{{ … }}` is never rendered."""


@dataclass(frozen=True)
class Variable:
    """`value` is what YAML said: its templates are rendered when something asks (settings/expressions.py)."""

    name: str
    value: object
    origin: Origin
    places: Mapping[Place, Origin] = field(default_factory=dict, repr=False, compare=False)
    """Where the keys and items inside the value stand."""
    written: str = field(default="", compare=False)
    """What stands in a file in INI format, which knows no types: the text that the value was made of."""

    def origin_of(self, place: Place) -> Origin:
        """The line of something inside the value, or of the nearest thing around it."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.places:
                return self.places[place[:length]]
        return self.origin
