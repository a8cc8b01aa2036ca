"""Logs of the host's own services, which Supervisor does not run: shown where one asks for the service by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backline.commands.log_choice import Log
from backline.report.log_lines import Source

if TYPE_CHECKING:
    from backline.deploy.stock import Stock


def system_logs(stock: Stock) -> Iterator[Log]:
    """Those of the services that the host's roles set up for the whole system, as the roles know where they are."""
    from backline.roles import nginx, redis

    app = stock.settings.app
    if app.rootless:
        return
    services = (("nginx", "nginx", nginx.system_logs(app.name)), ("redis", redis.SERVICE, redis.SYSTEM_LOGS))
    for role, service, paths in services:
        if role in stock.settings.roles:
            yield from (Log(path, Source(stock.name, role, "", service), service) for path in paths)
