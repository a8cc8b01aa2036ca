"""The runbook of `inv provision`, apart from the others: a run without a deploy imports none of its steps."""

from __future__ import annotations

from collections.abc import Sequence

from backline.deploy.beginning import lock_hosts, mended
from backline.deploy.guarding import recorded
from backline.deploy.order import Order
from backline.deploy.outcome import PROVISIONED, Outcome
from backline.deploy.prepare import converge_roles, look
from backline.fleet.fleet import Fleet


def provision(fleet: Fleet, order: Order, roles: Sequence[str] = ()) -> Outcome:
    """Make the roles so, those of these names or all; what is deployed is left as it is."""
    with recorded(fleet, order) as run:
        lock_hosts(run)
        stocks = fleet.each(converge_roles, order, roles)
        if any(stock.state.journal for stock in stocks):
            mended(run, fleet.each(look))
        run.status = PROVISIONED
        return Outcome(PROVISIONED)
