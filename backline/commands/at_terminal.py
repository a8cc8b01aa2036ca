"""Runs something on one host with a terminal of one's own, where there is one, and writes it down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from backline.commands.site import Site

if TYPE_CHECKING:
    from backline.fleet.target import Target
    from backline.resources.records import ReleaseRecord
    from backline.settings.connection import ConnectionSettings


def at_terminal(
    site: Site,
    target: Target,
    line: str,
    release: ReleaseRecord | None = None,
    way: ConnectionSettings | None = None,
) -> int:
    """Run it on a connection of its own, as whom the agent runs unless `way` says otherwise; when it has ended, the
    agent beside it writes down that it was done."""
    from backline.commands.running import order_of
    from backline.deploy.by_hand import told_code, write_down
    from backline.transport.terminal import open_terminal

    order, began = order_of(site), time.time()
    error = "stopped before it ended"
    try:
        code = open_terminal(way or site.connection(site.hosts[0]), line, site.entrance.access)
        error = told_code(code)
    finally:
        write_down(target, order, began, error, release)
    return code


def leave_with(code: int) -> None:
    """End the command as what it ran has ended."""
    from backline.commands.exits import leave

    if code:
        leave(code)
