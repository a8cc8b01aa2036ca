"""What a person did on a host by hand, through us: it stands in the ledger beside the runs."""

from __future__ import annotations

import time

from backline.agent.steps.append_ledger import AppendLedger
from backline.agent.steps.find_account import FindAccount
from backline.agent.steps.run_shell import RunShell
from backline.deploy.concluding import ledger_path
from backline.deploy.order import Order
from backline.fleet.target import Target
from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.ledger import LedgerEntry
from backline.resources.records import ReleaseRecord

DONE = "done"
FAILED = "failed"


APP = "app"
"""What stands for the app's user, whatever they are called."""


@dataclass(frozen=True)
class Account:
    """Who runs a line, and where. An empty name is whoever logs in."""

    name: str
    home: str


def find_user(target: Target, name: str) -> Account:
    """The user that is meant: none is whoever logs in, `app` the app's. Raises ConfigurationError."""
    user = target.settings.app.user if name == APP else name
    if user in ("", target.facts.user):
        return Account("", target.facts.home)
    return Account(user, target.answer(FindAccount(user), str))


def run_line(target: Target, order: Order, line: str, name: str) -> int:
    """A line of shell in the home of the user who is called so, see find_user; returns its exit code."""
    account = find_user(target, name)
    began = time.time()
    error = "not finished"
    try:
        code = target.answer(RunShell(line, account.home, account.name), int)
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
