"""What follows a proved deploy: old releases go, except those that may be wanted back or are still in use."""

from __future__ import annotations

from collections.abc import Sequence

from backline.agent.steps.prune import Prune, Pruned
from backline.deploy.draft import Draft
from backline.fleet.target import Target, expected
from backline.resources.words import counted
from backline.settings.app_settings import AppSettings


def prune(target: Target, draft: Draft) -> None:
    """Remove releases, virtualenvs and uploads that nothing needs any more."""
    change = draft.on(target.name)
    kept = target.settings.of(AppSettings).app_releases_kept
    good = (*(number for number in change.stock.state.good if number != change.release.number), change.release.number)
    pruned = expected(target.perform(Prune(change.generation.app.root, releases_to_keep(good, kept))), Pruned)
    for used in pruned.in_use:
        count = len(used.pids)
        still = f"{counted(count, 'process', 'processes')} still {'runs' if count == 1 else 'run'} from it"
        target.session.note(f"r{used.number} stays for now: {still}")
    if pruned.releases:
        target.session.remark(f"removed {', '.join(f'r{number}' for number in pruned.releases)}")


def releases_to_keep(good: Sequence[int], kept: int) -> tuple[int, ...]:
    """The latest `kept` of the releases that were live and proved; what never was does not count."""
    return tuple(good[-kept:])
