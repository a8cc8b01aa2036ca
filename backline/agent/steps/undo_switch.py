"""Takes a switch back: the links lead where they led, and the live record says what it said."""

from __future__ import annotations

from dataclasses import dataclass

from backline.resources.failure import Failure
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NOWHERE = ""
"""Stands for the target of a link that was not there."""
RECORD_MODE = 0o644


@dataclass(frozen=True)
class UndoSwitch(Action):
    """`links` (path, target) as they were before, in the order in which they go back; `live_text` None where there was
    no record. Doing it again changes nothing; one that cannot be put back does not keep the others from it."""

    links: tuple[tuple[str, str], ...]
    live_path: str
    live_text: str | None

    def perform(self, host: Host) -> None:
        wrong = [reason for path, target in self.links for reason in _tried(_put_link_back, host, path, target)]
        wrong += _tried(_put_text_back, host, self.live_path, self.live_text)
        if wrong:
            raise Failure(wrong[0], lines=tuple(wrong[1:]))


def switch_undone_by(host: Host, links: tuple[tuple[str, str], ...], live_path: str) -> UndoSwitch:
    """What puts these links and this record back as they are now; the link that moves last goes back first."""
    before = [(path, _target(host, path)) for path, _ in reversed(links)]
    return UndoSwitch(tuple(before), live_path, _text(host, live_path))


def _tried(act: Callable[[Host, str, Any], None], host: Host, path: str, wanted: str | None) -> list[str]:
    try:
        act(host, path, wanted)
    except Failure as failure:
        return [f"{path} could not be put back: {failure.cause}"]
    return []


def _put_link_back(host: Host, path: str, target: str) -> None:
    """What is in the way of a link was there before us, and stays."""
    found = host.status(path)
    if target != NOWHERE:
        if found is None or found.target != target:
            host.make_link(path, target)
    elif found is not None and found.target:
        host.remove(path)


def _put_text_back(host: Host, path: str, text: str | None) -> None:
    if _text(host, path) == text:
        return
    if text is None:
        host.remove(path)
    else:
        host.write(path, text.encode(), mode=RECORD_MODE)


def _target(host: Host, path: str) -> str:
    found = host.status(path)
    return found.target if found else NOWHERE


def _text(host: Host, path: str) -> str | None:
    return host.read(path).decode("utf-8") if host.status(path) else None
