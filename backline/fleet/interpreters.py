"""Which Python runs the agent on hosts whose `python3` does not, as a search found it: remembered between runs.

A file in the person's cache: it may be deleted, and what it says is tried before it is believed.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path

FORMAT = 1
FILE = "backline/interpreters.json"


def usual_file() -> Path:
    """Where it lies: `$XDG_CACHE_HOME/backline/`, else `~/.cache/backline/`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / FILE


class Interpreters:
    """Read when it is made; written with each new answer. Any thread may ask."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._found: dict[str, str] = _read(file)

    def known(self, place: str) -> str:
        """The Python of a place (a user on a host); empty if none is remembered."""
        with self._lock:
            return self._found.get(place, "")

    def remember(self, place: str, python: str) -> None:
        """Where the cache cannot be written, the next run searches again."""
        with self._lock:
            self._found[place] = python
            content = {"format": FORMAT, "interpreters": {**_read(self._file), **self._found}}
            candidate = self._file.with_suffix(f".{os.getpid()}")
            with contextlib.suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                candidate.write_text(json.dumps(content, indent=1), encoding="utf-8")
                candidate.rename(self._file)


def _read(file: Path) -> dict[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] == FORMAT:
            return {str(place): str(python) for place, python in content["interpreters"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass  # there is none, or not one of ours
    return {}
