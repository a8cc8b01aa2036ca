"""Colours: a few names for what they mean, and nothing at all where colour is not wanted."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

CODES = {"good": "32", "bad": "1;31", "warning": "35", "faint": "2", "strong": "1", "name": "94"}
"""Of the terminal's own colours those that can be read on dark and on light: not yellow (33), not blue (34), and hardly
a bright one. Nothing that matters is faint."""
SOURCE_CODES = ("94", "35", "32", "36", "95")
"""For the prefixes of many logs; told apart by their order."""


@dataclass(frozen=True)
class Paint:
    """Gives text a colour by what it means, if colour is on."""

    on: bool

    def __call__(self, meaning: str, text: str) -> str:
        return self._coded(CODES[meaning], text)

    def source(self, number: int, text: str) -> str:
        """The colour of the n-th of several sources."""
        return self._coded(SOURCE_CODES[number % len(SOURCE_CODES)], text)

    def _coded(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


PLAIN = Paint(False)
