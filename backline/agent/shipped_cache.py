"""How modules look when they are shipped, kept from run to run: working it out costs a short run a third of its time.

As Python keeps bytecode: one file for the user, in which each module stands with the time and size of its source. What
is kept is run on hosts, so the file is read only where nobody else may write it; without it everything works as well.
"""

from __future__ import annotations

import _thread
import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from backline.resources.dataclass import dataclass

MOST_MODULES = 2000
"""Of checkouts and virtualenvs that are long gone there need be no more."""


@dataclass(frozen=True)
class ShippedModule:
    """The text that is shipped, the modules that it imports, and names in packages that may be modules or not."""

    text: str
    modules: tuple[str, ...]
    names: tuple[str, ...]


class ShippedCache:
    """Asked by many threads. `make` works out what is not kept, from a source; `recipe` names the way in which it does:
    another way makes what was kept by the former one worthless."""

    def __init__(self, file: Path, recipe: str, make: Callable[[str], ShippedModule]) -> None:
        self._file = file
        self._recipe = recipe
        self._make = make
        self._changing = _thread.allocate_lock()
        self._kept: dict[str, tuple[str, ShippedModule]] | None = None
        self._is_new = False

    def module(self, origin: str) -> ShippedModule:
        """The module whose source is at a path."""
        found = os.stat(origin)
        stamp = f"{found.st_mtime_ns} {found.st_size}"
        with self._changing:
            if self._kept is None:
                self._kept = self._read()
            kept = self._kept.get(origin)
            if kept is not None and kept[0] == stamp:
                return kept[1]
            made = self._make(Path(origin).read_text(encoding="utf-8"))
            self._kept[origin] = (stamp, made)
            self._is_new = True
            return made

    def save(self) -> None:
        """Keep what was worked out. Where that cannot be, it is worked out again the next time."""
        with self._changing:
            if not self._is_new or self._kept is None:
                return
            self._is_new = False
            newest = list(self._kept.items())[-MOST_MODULES:]
            content = {"recipe": self._recipe, "modules": {path: [stamp, vars(one)] for path, (stamp, one) in newest}}
            candidate = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            try:
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with open(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    json.dump(content, file)
                candidate.replace(self._file)
            except OSError:
                with suppress(OSError):
                    candidate.unlink()

    def _read(self) -> dict[str, tuple[str, ShippedModule]]:
        try:
            for place in (self._file.parent, self._file):
                found = place.stat()
                if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
                    return {}
            content = json.loads(self._file.read_text())
            if content["recipe"] != self._recipe:
                return {}
            return {
                path: (stamp, ShippedModule(one["text"], tuple(one["modules"]), tuple(one["names"])))
                for path, (stamp, one) in content["modules"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


def usual_file() -> Path:
    """In the folder for what may be thrown away at any time."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(caches) / "backline" / "shipped.json"
