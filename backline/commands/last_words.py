"""How a run that went well ended, in a line for a person."""

from __future__ import annotations

from backline.deploy.outcome import LIVE, PROVISIONED, Outcome
from backline.deploy.summary import Summary
from backline.resources.words import counted

AS_THEY_SHOULD_BE = "the roles are as they should be"


def last_words(outcome: Outcome, summary: Summary) -> str:
    """What was done."""
    if outcome.words:
        return outcome.words
    if outcome.status == PROVISIONED:
        changed = _changed(summary)
        return f"{AS_THEY_SHOULD_BE}: " + (f"{counted(changed, 'resource')} changed" if changed else "nothing to do")
    word = "is live already: nothing was started" if outcome.status == LIVE else "is live and proved"
    return f"{outcome.generation} {word}"


def foreseen_words(outcome: Outcome, summary: Summary) -> str:
    """What would be done."""
    if outcome.words:
        return outcome.words
    changed = _changed(summary)
    would_change = f"{counted(changed, 'resource')} would change" if changed else ""
    if outcome.status == PROVISIONED:
        return would_change or f"{AS_THEY_SHOULD_BE}: nothing would change"
    if outcome.status == LIVE:
        what = f"nothing would be started, {would_change}" if would_change else "nothing would change"
        return f"{outcome.generation} is live: {what}"
    return f"{outcome.generation} would be made and go live; this was a check, and nothing was done"


def _changed(summary: Summary) -> int:
    return sum(host.changed for host in summary.hosts.values())
