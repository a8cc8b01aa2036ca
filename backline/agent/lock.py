"""The lock of one app on one host: an flock, so it cannot go stale, with a note of who holds it."""

from __future__ import annotations

import json
import os

from backline.resources.failure import LockHeld

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Lock:
    """Held by an open descriptor: by the agent, and by the guard that inherits it. Ends with the last of them."""

    def __init__(self, path: str, who: str, what: str, since: str) -> None:
        """Take it. Raises LockHeld with who has it, since when and at which step; OSError where there are no
        locks."""
        import fcntl

        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_at(path, self.descriptor):
                raise FileNotFoundError(path)
        except OSError as error:
            holder = holder_of(path)
            os.close(self.descriptor)
            if isinstance(error, (BlockingIOError, FileNotFoundError)):
                raise held(holder) from None
            raise
        self._holder = {"format": 1, "who": who, "what": what, "since": since, "step": ""}
        self._write()

    def note(self, step: str) -> None:
        """Say at which step the holder is."""
        if self._holder["step"] != step:
            self._holder["step"] = step
            self._write()

    def release(self) -> None:
        """Let it go here; a guard that still holds it keeps it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _write(self) -> None:
        text = json.dumps(self._holder, ensure_ascii=False).encode("utf-8", "backslashreplace")
        os.ftruncate(self.descriptor, len(text))
        os.pwrite(self.descriptor, text, 0)


def _is_at(path: str, descriptor: int) -> bool:
    """Whether the file is still the one of that name: who removes an app takes its lock away, and the next run makes
    another; both would be locked."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def holder_of(path: str) -> dict[str, Any]:
    """What the note in a lock says; empty where it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            holder = json.load(file)
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def held(holder: dict[str, Any]) -> LockHeld:
    """The failure that tells who is at work."""
    who = holder.get("who") or "somebody"
    step = f", now at: {holder['step']}" if holder.get("step") else ""
    return LockHeld(
        f"{who} holds the lock: {holder.get('what') or 'a run'}, since {holder.get('since') or 'a while'}{step}",
        hint="wait until that run has ended, then try again",
    )
