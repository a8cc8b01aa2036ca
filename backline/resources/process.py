"""A process of one generation: its program, which part of the app it is, and how the runbook deals with it.

This is what makes a worker kind one new file: a role's `programs` says all of it here, as data, and the runbook
reads it. It is also what the host remembers of a generation, so that the next deploy knows how to take over from it.
"""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.program import Program
from backline.resources.resource import Action

WORKERS = "workers"
WEB = "web"
BEAT = "beat"


@dataclass(frozen=True)
class Process:
    """`part` is WORKERS, WEB or BEAT; `kind` is what status calls it (web, celery, beat)."""

    program: Program
    part: str
    kind: str
    name: str = ""
    """What it is called in every generation: `default` for the worker called so, `web`, `beat`."""
    gate: Action | None = None
    """Performed after the start; returns when the process does its work, raises Refused when it will not."""
    release_work: Action | None = None
    """Makes the process begin nothing more (a worker gives up its queues), while it finishes what it has."""
    resume_work: Action | None = None
    """The undo of release_work."""
    links: tuple[tuple[str, str], ...] = ()
    """The links that the switch moves to this process: (path, target)."""
    overlaps: bool = True
    """False where two generations must not run at once: beat, and workers whose settings say so."""
    in_place: bool = False
    """True in plain mode: its program has the same name in every generation, so one ends before the next starts."""
    foundations: tuple[tuple[str, str], ...] = ()
    """The links that must lead to its release before it starts: (path, target)."""
