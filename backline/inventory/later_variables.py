"""Variables that are read when somebody asks for them: those of an encrypted file, and what it is merged with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from backline.inventory.variable import Variable

Variables = Mapping[str, Variable]


class LaterVariables(Variables):
    """A mapping that is made at the first look into it; that look raises what reading raises."""

    def __init__(self, read: Callable[[], Variables]) -> None:
        self._read = read

    def __getitem__(self, name: str) -> Variable:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @cached_property
    def _found(self) -> Variables:
        return self._read()


def merged(layers: Iterable[Variables]) -> Variables:
    """Of equal names the last counts. Made later, if one of the layers is."""
    every = tuple(layers)
    if any(isinstance(layer, LaterVariables) for layer in every):
        return LaterVariables(lambda: _together(every))
    return _together(every)


def _together(layers: Iterable[Variables]) -> dict[str, Variable]:
    return {name: variable for layer in layers for name, variable in layer.items()}
