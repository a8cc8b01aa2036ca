"""Handlers that are owed: written on the host before the change that owes them, crossed off when they ran."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from backline.resources.plan import Handler
    from backline.resources.resource import Host


class OwedHandlers:
    """The names of the handlers that are owed, in `path` on the host; without a path they are only remembered."""

    def __init__(self, host: Host, path: str) -> None:
        self._host = host
        self._path = path
        self._names: list[str] = list(self._read())

    def add(self, handlers: Iterable[Handler]) -> None:
        """They are owed now, even if this run dies before it can run them."""
        new = [handler.name for handler in handlers if handler.name not in self._names]
        if new:
            self._names += new
            self._write()

    def has(self, name: str) -> bool:
        return name in self._names

    def settle(self, name: str) -> None:
        self._names.remove(name)
        self._write()

    def _read(self) -> Iterable[str]:
        if not self._path or self._host.status(self._path) is None:
            return []
        found = json.loads(self._host.read(self._path))
        return [str(name) for name in found["owed"]]

    def _write(self) -> None:
        if self._path:
            text = json.dumps({"format": 1, "owed": self._names})
            self._host.write(self._path, text.encode(), mode=0o640)
