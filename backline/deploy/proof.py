"""Proves that what runs is what was deployed, and writes down that it was good."""

from __future__ import annotations

from backline.agent.events import Outcome
from backline.agent.steps.apply import Applied, Apply
from backline.agent.steps.mark_good import MarkGood
from backline.agent.steps.prove_programs import Expected, Proof, ProvePrograms
from backline.deploy.draft import Change, Draft
from backline.deploy.live_programs import live_programs
from backline.fleet.requests import Pending
from backline.fleet.target import Target, expected
from backline.resources.failure import Partial
from backline.resources.words import counted

PATIENCE = 15.0
"""Seconds that a program which was only now started has to open its release's record."""


def prove(target: Target, draft: Draft) -> None:
    """Every process of the new generation runs from its release, by /proc. Raises Partial with those that do not."""
    change = draft.on(target.name)
    count = _prove(target, change)
    target.perform(MarkGood(change.generation.app.state_directory, change.release.number))
    target.session.remark(f"{_run(count)} {change.release.name}")


def prove_live(target: Target, draft: Draft) -> int:
    """What runs is the live release. A file of its programs that somebody took away is written again, and what
    Supervisor does not run of it is started. Returns how many programs were mended so."""
    change = draft.on(target.name)
    mended = target.session.begin(Apply(live_programs(change.stock)))
    count = _prove(target, change, after=mended)
    applied = expected(mended.result(), Applied)
    target.tally.changed += applied.changed
    if change.release.number not in change.stock.state.good:  # its own run was cut off before it could say so
        target.perform(MarkGood(change.generation.app.state_directory, change.release.number))
    target.session.remark(f"{_run(count)} {change.release.name}")
    return applied.changed if target.session.outcome != Outcome.ASKED else 0


def _prove(target: Target, change: Change, after: Pending | None = None) -> int:
    """`after` is a request without whose success there is nothing to be proved; its failure is raised."""
    wanted = tuple(Expected(process.program.name, change.release.record) for process in change.processes)
    proving = target.session.begin(ProvePrograms(target.settings.supervisor.socket, wanted, PATIENCE), after=after)
    if after is not None:
        after.result()
    proofs = expected(proving.result(), tuple)
    wrong = tuple(_told(proof) for proof in proofs if not proof.proved)
    if wrong:
        raise Partial(
            f"not everything runs {change.release.name}",
            lines=wrong,
            hint=_hint(change),
        )
    return len(proofs)


def _hint(change: Change) -> str:
    """What can be done: a new release has one before it, a restart or a first release has not."""
    host, before = change.stock.name, change.stock.live_number
    looking = f"what runs:  inv status --host {host}"
    if before not in (0, change.release.number):
        return f"{looking}\nback to r{before}:  inv rollback --host {host}"
    return f"{looking}\nworkers anew:  inv restart-workers --host {host}"


def _run(count: int) -> str:
    return f"{counted(count, 'program')} {'runs' if count == 1 else 'run'}"


def _told(proof: Proof) -> str:
    return f"{proof.program}: {proof.state or 'not running'}, {proof.reason}"
