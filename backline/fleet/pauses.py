"""How long processes of a host stood still: from the order to stop until their successors are seen to work."""

from __future__ import annotations

import time
from collections.abc import Iterable

from backline.resources.dataclass import dataclass, field


@dataclass
class Pauses:
    """Processes by what they are called in every generation: `web`, `beat`, a worker's name."""

    seconds: dict[str, float] = field(default_factory=dict)
    """How long each stood still that works again."""
    _since: dict[str, float] = field(default_factory=dict)

    @property
    def any_begun(self) -> bool:
        """Whether anything was told to stop, whether or not it works again."""
        return bool(self.seconds or self._since)

    def begin(self, names: Iterable[str]) -> None:
        """These are told to stop now."""
        now = time.monotonic()
        for name in names:
            self._since.setdefault(name, now)

    def end(self, names: Iterable[str]) -> str:
        """These work now. Returns what can be said of those of them that were stopped: `web paused for 2.3 s`."""
        now = time.monotonic()
        ended = {name: now - self._since.pop(name) for name in tuple(names) if name in self._since}
        self.seconds.update(ended)
        return ", ".join(f"{name} paused for {seconds:.1f} s" for name, seconds in ended.items())
