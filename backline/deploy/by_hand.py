"""What a person did on a host by hand, through us: it stands in the ledger beside the runs."""

from __future__ import annotations

import time

from backline.agent.steps.append_ledger import AppendLedger
from backline.agent.steps.run_shell import RunShell
from backline.deploy.guarding import ledger_path
from backline.deploy.order import Order
from backline.fleet.target import Target
from backline.resources.failure import Failure
from backline.resources.ledger import LedgerEntry
from backline.resources.records import ReleaseRecord

DONE = "done"
FAILED = "failed"


def run_line(target: Target, order: Order, line: str) -> int:
    """A line of shell in the home of whoever logs in; returns its exit code."""
    began = time.time()
    error = "not finished"
    try:
        code = target.answer(RunShell(line, target.facts.home), int)
        error = told_code(code)
    except Failure as failure:
        error = failure.cause
        target.session.go_on()  # after Ctrl-C too, what was done is written down
        raise
    finally:
        write_down(target, order, began, error)
    return code


def told_code(code: int) -> str:
    """Nothing for 0."""
    return f"exit code {code}" if code else ""


def write_down(target: Target, order: Order, began: float, error: str, release: ReleaseRecord | None = None) -> None:
    """Add what was done to the host's ledger, without secrets; who cannot be written down is told so."""
    entry = LedgerEntry(
        at=order.at,
        by=order.who,
        command=target.session.masked(order.command),
        release=f"r{release.number}" if release else None,
        commit=release.commit if release else None,
        status=FAILED if error else DONE,
        error=target.session.masked(error) or None,
        seconds=round(time.time() - began, 1),
    )
    try:
        target.perform(AppendLedger(ledger_path(target), entry.to_line()))
    except Failure as failure:
        target.session.note(f"the ledger could not be written: {failure.cause}")
