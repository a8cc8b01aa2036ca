"""How things stand where hosts go on by themselves and nobody waits: after a second Ctrl-C, or a fault of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backline.agent.faults import as_failure
from backline.resources.failure import Failure, Interrupted, Partial

if TYPE_CHECKING:
    from backline.deploy.guarding import Run

IN_DOUBT = "where the switch was made, the host's own guard finishes the deploy; where not, it undoes it"
"""How things stand where a host that is alone was told to switch and to commit, and nobody heard its answer."""


def ended_at_once(run: Run) -> Failure:
    """What is said where a second Ctrl-C left everything to the hosts."""
    kind = Partial if _is_in_doubt(run) else Interrupted
    return kind(
        "ended at once by a second Ctrl-C",
        host=", ".join(target.name for target in run.fleet.targets),
        step=run.fleet.step,
        state=_state_of(run),
        hint=f"what runs:  inv status{run.host_option}",
    )


def faulted(run: Run, error: Exception) -> Failure:
    """A fault of ours in the midst of a run, as what the person must know of it."""
    fault = as_failure(error)
    kind = Partial if run.switched or _is_in_doubt(run) else Failure
    return kind(fault.cause, lines=fault.lines, hint=fault.hint, step=run.fleet.step, state=_state_of(run))


def _is_in_doubt(run: Run) -> bool:
    """Whether a host that is alone was told to switch, which it does and commits in one flight."""
    return run.switching and run.draft is not None and run.draft.is_alone


def _state_of(run: Run) -> str:
    if run.draft is None:
        return run.undrafted
    if run.switched:
        return f"{run.draft.label} serves; each host finishes by itself what is owed"
    if _is_in_doubt(run):
        return IN_DOUBT
    live = run.draft.first.stock.live_number
    again = " again soon" if run.has_stopped_something else ""
    serving = f"r{live} serves{again}" if live else "nothing was live before"
    return f"{serving}; each host undoes by itself what was begun of {run.draft.label}"
