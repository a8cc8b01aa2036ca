"""Proves that what runs is what was deployed, and writes down that it was good."""

from __future__ import annotations

from backline.agent.steps.mark_good import MarkGood
from backline.agent.steps.prove_programs import Expected, Proof, ProvePrograms
from backline.deploy.draft import Change, Draft
from backline.fleet.target import Target
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


def prove_live(target: Target, draft: Draft) -> None:
    """What runs is the live release."""
    change = draft.on(target.name)
    count = _prove(target, change)
    if change.release.number not in change.stock.state.good:  # its own run was cut off before it could say so
        target.perform(MarkGood(change.generation.app.state_directory, change.release.number))
    target.session.remark(f"{_run(count)} {change.release.name}")


def _prove(target: Target, change: Change) -> int:
    expected = tuple(Expected(process.program.name, change.release.record) for process in change.processes)
    proofs = target.answer(ProvePrograms(target.settings.supervisor.socket, expected, PATIENCE), tuple)
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
