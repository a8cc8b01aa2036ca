"""Databases that are files: where an app is on several hosts, each has its own, and they are migrated on one host."""

from __future__ import annotations

from collections.abc import Sequence

from backline.deploy.stock import Stock
from backline.resources.secret import Secret
from backline.settings.app_settings import AppSettings

FILES = ("sqlite:", "spatialite:")
"""How the address of such a database begins, for dj-database-url and django-environ alike."""


def database_files(stocks: Sequence[Stock]) -> tuple[str, ...]:
    """A line for each variable of the app's environment that names a database file, where several hosts have one."""
    hosts = {name: _hosts_with(stocks, name) for stock in stocks for name in stock.settings.app.environment}
    return tuple(_told(name, found, stocks[0]) for name, found in hosts.items() if len(found) > 1)


def _hosts_with(stocks: Sequence[Stock], name: str) -> tuple[str, ...]:
    return tuple(stock.name for stock in stocks if _is_file(stock.settings.app.environment.get(name, "")))


def _is_file(value: str | Secret) -> bool:
    text = value.reveal() if isinstance(value, Secret) else value
    return text.startswith(FILES) and ":memory:" not in text


def _told(name: str, hosts: Sequence[str], first: Stock) -> str:
    migrated = f", and {first.name} alone gets its migrations" if first.settings.of(AppSettings).app_migrate else ""
    return f"{name} is a file on each of {', '.join(hosts)}: each has data of its own{migrated}"
