"""What of a live release is to be started anew."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.process import Process


@dataclass(frozen=True)
class Restart:
    """Every process of these parts; with `only`, the one that is called so."""

    parts: tuple[str, ...]
    only: str = ""

    def covers(self, process: Process) -> bool:
        """Whether this one is meant."""
        return process.part in self.parts and self.only in ("", process.name)

    def unknown(self, serving: Sequence[Process], hosts: Sequence[str]) -> ConfigurationError:
        """Nothing on these hosts is meant: say what there is."""
        where = ",".join(hosts)
        there = sorted({process.name for process in serving if process.part in self.parts})
        if not self.only:
            cause = f"nothing of {' and '.join(self.parts)} runs here"
            return ConfigurationError(cause, lines=tuple(there), host=where)
        near = difflib.get_close_matches(self.only, there, n=1)
        suggestion = f"; did you mean {near[0]}?" if near else ""
        return ConfigurationError(
            f"no worker is called {self.only}{suggestion}",
            lines=tuple(there),
            hint=f"inv restart-workers --worker {near[0] if near else 'NAME'} --host {where}",
            host=where,
        )
