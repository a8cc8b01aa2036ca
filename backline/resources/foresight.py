"""What would be done, in check mode: its words, and what a host that only looks offers beside its looks."""

from __future__ import annotations


class Would:
    """What would be done to something; the string is the event's `status` in JSON."""

    START = "would-start"
    STOP = "would-stop"
    DRAIN = "would-drain"
    """It is told to finish what it has begun, and nobody waits for that."""
    SEND = "would-send"
    CHANGE = "would-change"
    """A file of the project, from the live release to the one that would be."""
    BUILD = "would-build"
    MIGRATE = "would-migrate"
    RUN = "would-run"
    """What comes of it is not known before."""
    REMOVE = "would-remove"
    MOVE = "would-move"


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from backline.resources.resource import Host, Resource

    class Foresight(Host, Protocol):
        """A Host on which every change stays in its memory, so that what comes later sees it; nothing is done."""

        def foretell(self, would: str, subject: str, text: str = "") -> None:
            """Tell of something that would be done, in a word of Would."""
            ...

        def warn(self, text: str) -> None:
            """Tell of what stands in the way of doing it."""
            ...

        def imagine(self, resource: Resource) -> None:
            """See the host from now on as if this resource had been made so, as far as that can be known."""
            ...

        def copy_directory(self, origin: str, path: str) -> None:
            """See a directory at a second path too, as it is there now."""
            ...

        def promise(self, *names: str) -> None:
            """Later resources are told by `promises` that these are provided, as Resource.provides names them."""
            ...
