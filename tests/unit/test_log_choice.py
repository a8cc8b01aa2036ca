"""Which logs are meant by a name: also those of services that the host itself runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.commands.log_choice import Choice, HostLogs
from backline.deploy.draft import new_release
from backline.deploy.stock import Stock
from backline.roles.nginx import NginxSettings, site_text
from tests.unit.shop import SUPERVISOR, system_shop
from tests.unit.stocks import ORDER, a_source, a_stock, after, host_settings

REDIS = ["/var/log/redis/redis-server.log"]
NGINX = ["/var/log/nginx/shop.access.log", "/var/log/nginx/shop.error.log"]


def live(roles: tuple[str, ...], *, rootless: bool) -> Stock:
    """A host with a release that is live, and these roles."""
    settings = host_settings()
    app = settings.app if rootless else replace(system_shop(), environment=settings.app.environment)
    stock = after(new_release(ORDER, a_source(), (a_stock(settings),)))
    return replace(stock, settings=replace(settings, app=app, roles=roles))


@pytest.mark.parametrize(
    ("name", "paths"), [("redis", REDIS), ("redis-server", REDIS), ("nginx", NGINX), ("", []), ("web", [])]
)
def test_a_service_of_the_host_is_shown_where_it_is_named(name: str, paths: list[str]) -> None:
    logs = HostLogs(Choice(only=name))
    logs.begin(live(("app", "web", "nginx", "redis"), rootless=False))
    assert [log.path for log in logs.logs if log.service] == paths


@pytest.mark.parametrize(("roles", "rootless"), [(("app", "redis"), True), (("app", "web"), False)])
def test_what_the_host_does_not_run_itself_has_no_log_there(roles: tuple[str, ...], rootless: bool) -> None:
    logs = HostLogs(Choice(only="redis"))
    logs.begin(live(roles, rootless=rootless))
    assert not logs.logs


def test_a_name_that_is_nearly_one_of_theirs_is_answered_with_it() -> None:
    choice = Choice(only="rediss")
    logs = HostLogs(choice)
    logs.begin(live(("app", "redis"), rootless=False))
    assert "did you mean redis?" in choice.unknown(logs.there).cause


def test_nginx_writes_where_its_log_is_looked_for() -> None:
    text = site_text(NginxSettings(system_shop(), SUPERVISOR))
    assert all(f"_log {path}" in text for path in NGINX)
