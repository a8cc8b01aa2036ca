"""Several hosts with a database file each: told, since each has data of its own and one is migrated."""

from __future__ import annotations

import pytest

from backline.deploy.database_files import database_files
from backline.deploy.stock import Stock
from backline.resources.secret import Secret
from tests.unit.stocks import NOTHING, host_settings


def stocks(*addresses: str | Secret) -> list[Stock]:
    environments = [{"DATABASE_URL": address, "DEBUG": "0"} for address in addresses]
    return [Stock(f"h{count}", host_settings(one), NOTHING) for count, one in enumerate(environments, 1)]


FILE = "sqlite:////srv/shop/shared/db.sqlite3"
SERVER = "postgres://shop@db/shop"


def test_files_on_several_hosts_are_told_with_who_is_migrated() -> None:
    assert database_files(stocks(FILE, SERVER, Secret(FILE))) == (
        "DATABASE_URL is a file on each of h1, h3: each has data of its own, and h1 alone gets its migrations",
    )


@pytest.mark.parametrize("addresses", [[FILE], [FILE, SERVER], [SERVER, SERVER], ["sqlite://:memory:"] * 2])
def test_one_file_or_none_is_nothing_to_tell(addresses: list[str]) -> None:
    assert database_files(stocks(*addresses)) == ()
