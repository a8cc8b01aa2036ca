"""Takes a switch back: the links lead where they led, and the live record says what it said."""

from __future__ import annotations

import os

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NOWHERE = ""
"""Stands for the target of a link that was not there."""
RECORD_MODE = 0o644
SPARES = "way-back"
"""The folder beside the live record in which links and record lie as they were, ready to be renamed."""


@dataclass(frozen=True)
class UndoSwitch(Action):
    """`links` (path, target) as they were before, in the order in which they go back; `live_text` None where there was
    no record. Doing it again changes nothing; one that cannot be put back does not keep the others from it."""

    links: tuple[tuple[str, str], ...]
    live_path: str
    live_text: str | None

    def prepare(self, host: Host) -> None:
        """Make what it puts back, so that it need only be renamed: a disk may be full by then. Raises Failure where it
        is full now, and nothing has moved."""
        self.discard(host)
        host.make_directory(self._spares, mode=0o700)
        for number, (_, target) in enumerate(self.links):
            if target != NOWHERE:
                host.make_link(self._spare(number), target)
        if self.live_text is not None:
            host.write(self._spare_record, self.live_text.encode(), mode=RECORD_MODE)

    def perform(self, host: Host) -> None:
        wrong = [
            reason
            for number, (path, target) in enumerate(self.links)
            for reason in _tried(_put_link_back, host, path, target, self._spare(number))
        ]
        wrong += _tried(_put_text_back, host, self.live_path, self.live_text, self._spare_record)
        if wrong:
            raise Failure(wrong[0], lines=tuple(wrong[1:]))
        self.discard(host)

    def discard(self, host: Host) -> None:
        """Nobody goes this way any more."""
        host.remove(self._spares)

    @property
    def _spares(self) -> str:
        return os.path.join(os.path.dirname(self.live_path), SPARES)

    @property
    def _spare_record(self) -> str:
        return os.path.join(self._spares, "record")

    def _spare(self, number: int) -> str:
        return os.path.join(self._spares, f"link-{number}")


def switch_undone_by(host: Host, links: tuple[tuple[str, str], ...], live_path: str) -> UndoSwitch:
    """What puts these links and this record back as they are now; the link that moves last goes back first."""
    before = [(path, _target(host, path)) for path, _ in reversed(links)]
    return UndoSwitch(tuple(before), live_path, _text(host, live_path))


def _tried(
    act: Callable[[Host, str, Any, str], None], host: Host, path: str, wanted: str | None, spare: str
) -> list[str]:
    try:
        act(host, path, wanted, spare)
    except Failure as failure:
        return [f"{path} could not be put back: {failure.cause}"]
    return []


def _put_link_back(host: Host, path: str, target: str, spare: str) -> None:
    """What is in the way of a link was there before us, and stays."""
    if _target(host, path) == target:
        return
    if target == NOWHERE:
        host.remove(path)
    elif not (_target(host, spare) == target and _renamed(host, spare, path)):
        host.make_link(path, target)


def _put_text_back(host: Host, path: str, text: str | None, spare: str) -> None:
    if _text(host, path) == text:
        return
    if text is None:
        host.remove(path)
    elif not (_text(host, spare) == text and _renamed(host, spare, path)):
        host.write(path, text.encode(), mode=RECORD_MODE)


def _renamed(host: Host, old: str, new: str) -> bool:
    try:
        host.rename(old, new)
    except Failure:  # on another file system: it is made anew
        return False
    return True


def _target(host: Host, path: str) -> str:
    found = host.status(path)
    return found.target if found else NOWHERE


def _text(host: Host, path: str) -> str | None:
    return host.read(path).decode("utf-8") if host.status(path) else None
