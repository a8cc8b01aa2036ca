"""What happened, as it is told: everything that prints, counts or records reads events."""

from __future__ import annotations

from backline.resources.dataclass import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
"""The version of the events' form; raised when a field changes its meaning."""


class Kind:
    """What an event tells of; the string is its `event` in JSON."""

    STARTED = "started"
    """A step began."""
    FINISHED = "finished"
    """A step ended; status is done or failed, and asked in check mode."""
    RESOURCE = "resource"
    """A resource was looked at; status is ok, changed, would-change or failed."""
    HANDLER = "handler"
    """A handler ran; status is done or failed. In check mode, one that would: would-run."""
    FORESEEN = "foreseen"
    """Something would be done, in check mode; status is a word of Would, subject what it would be done to."""
    OUTPUT = "output"
    """A line that a running command wrote."""
    NOTE = "note"
    """A line for the person who watches."""
    WARNING = "warning"
    SENDING = "sending"
    """A piece of a large file went; `detail` says how far the upload has come."""
    SENT = "sent"
    """A file went whole; subject is its path in the tree, `detail` its size and how far the upload has come."""
    SUMMARY = "summary"


class Outcome:
    """How it went; the string is the event's `status` in JSON."""

    DONE = "done"
    OK = "ok"
    CHANGED = "changed"
    WOULD_CHANGE = "would-change"
    FAILED = "failed"
    ASKED = "asked"
    """In check mode: it was found out what would be done."""


@dataclass(frozen=True)
class Event:
    """`time` is seconds since the epoch on the machine that tells; `seconds` how long what is told took.

    `differences` is a tuple of Difference; `detail` holds what only this kind of event has (JSON values)."""

    kind: str
    time: float
    host: str = ""
    step: str = ""
    status: str = ""
    subject: str = ""
    text: str = ""
    seconds: float = 0.0
    differences: tuple[object, ...] = ()
    detail: Mapping[str, object] = field(default_factory=dict)
