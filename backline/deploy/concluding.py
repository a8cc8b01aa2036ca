"""The end of a run on its hosts: it is written down in their ledgers, and their locks are let go."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from backline.agent.events import Event, Kind
from backline.agent.steps.append_ledger import AppendLedger
from backline.agent.steps.take_lock import ReleaseLock
from backline.resources.failure import Failure
from backline.resources.ledger import LedgerEntry

if TYPE_CHECKING:
    from backline.deploy.guarding import Run
    from backline.fleet.requests import Pending
    from backline.fleet.target import Target


def conclude(run: Run, failure: Failure | None) -> None:
    """On the hosts whose lock we hold, if they are still there: on all at once. What cannot be is told."""
    asked = [(target, *_asked_to_conclude(run, target, failure)) for target in run.fleet.targets if target.holds_lock]
    for target, wrote, released in asked:
        for request, fault in ((wrote, "the ledger could not be written"), (released, "the lock was not let go")):
            try:
                request.result()
            except Failure as error:
                run.fleet.tell(Event(Kind.WARNING, time.time(), target.name, text=f"{fault}: {error.cause}"))
                break


def _asked_to_conclude(run: Run, target: Target, failure: Failure | None) -> tuple[Pending, Pending]:
    """The requests that write the run down and let the lock go."""
    entry = ledger_entry(run, target, failure).to_line()
    return target.session.begin(AppendLedger(ledger_path(target), entry)), target.session.begin(ReleaseLock())


def ledger_path(target: Target) -> str:
    """Where the ledger of the target's app lies."""
    return f"{target.settings.app.state_directory}/ledger.jsonl"


def ledger_entry(run: Run, target: Target, failure: Failure | None) -> LedgerEntry:
    """What the ledger of one host is told of a run that ends now."""
    draft = run.draft
    change = draft.changes.get(target.name) if draft else None
    return LedgerEntry(
        at=run.order.at,
        by=run.order.who,
        command=run.order.command,
        release=draft.name if draft and change else None,
        commit=change.record.commit if change else None,
        status="failed" if failure else run.status,
        error=failure.cause if failure else None,
        seconds=round(time.time() - run.began, 1),
    )
