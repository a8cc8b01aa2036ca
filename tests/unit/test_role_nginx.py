"""The role nginx: variables in, a configuration that is checked before it takes effect, and a service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.resources.absent import Absent
from backline.resources.actions.service_order import Order, ServiceOrder
from backline.resources.actions.signal_program import SignalProgram
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.nginx_address import NginxAddress
from backline.resources.nginx_site import NginxSite
from backline.resources.packages import Packages
from backline.resources.plan import Entry, Handler, Plan, contradictions
from backline.resources.service import Service
from backline.resources.system_service import SystemService
from backline.roles.nginx import SITES, NginxSettings, configuration_text, resources, site_text
from backline.settings.app_paths import SYSTEM_SUPERVISOR
from tests.unit.shop import HOME, SUPERVISOR, shop, system_shop

DIRECTORY = f"{HOME}/.backline/nginx-shop"
NGINX = f"{HOME}/.backline/tools/nginx"


def settings(**variables: object) -> NginxSettings:
    own = NginxSettings(shop(), SUPERVISOR, nginx_account="anna", nginx_listen="127.0.0.1:8080")
    return replace(own, **variables)  # type: ignore[arg-type]


def text(**variables: object) -> str:
    return configuration_text(settings(**variables), DIRECTORY)


def test_the_configuration_is_tested_by_nginx_itself_and_a_change_is_read_without_a_stop() -> None:
    (entry,) = (item for item in resources(settings()) if isinstance(item, Entry))
    assert entry.resource == File(
        f"{DIRECTORY}/nginx.conf",
        text(),
        validate=(NGINX, "-p", f"{DIRECTORY}/", "-t", "-q", "-c", "{}"),
    )
    assert entry.notify == (Handler("reload nginx", SignalProgram(SUPERVISOR.socket, "shop-nginx", "HUP")),)


def test_nginx_is_a_service_that_no_deploy_touches() -> None:
    (service,) = (item for item in resources(settings()) if isinstance(item, Service))
    assert service.program.name == "shop-nginx"
    assert service.program.command == (NGINX, "-p", f"{DIRECTORY}/", "-c", f"{DIRECTORY}/nginx.conf")
    assert service.program.stop_signal == "QUIT"
    assert (service.supervisor, service.python) == (SUPERVISOR.socket, SUPERVISOR.python)


def test_another_timeout_is_read_without_a_stop() -> None:
    before, after = (tuple(resources(settings(nginx_proxy_timeout=seconds))) for seconds in (60, 7))
    (service,), same = ([item for item in every if isinstance(item, Service)] for every in (before, after))
    assert [service] == same
    assert text(nginx_proxy_timeout=60) != text(nginx_proxy_timeout=7)


def test_it_asks_at_the_links_that_the_switch_moves() -> None:
    assert f'server "unix:{HOME}/shop/run/web.sock" max_fails=0;' in text()
    assert "try_files /static/$asset /static-previous/$asset @app;" in text()
    assert f'root "{HOME}/shop/run";' in text()


def test_a_request_for_another_name_is_dropped_where_names_are_known() -> None:
    named = text(web_hostnames=("shop.example.com", "www.shop.example.com"))
    assert "server_name shop.example.com www.shop.example.com;" in named
    assert "return 444;" in named
    assert "return 444;" not in text()
    assert "listen 127.0.0.1:8080 default_server;" in text()


def test_only_root_is_named_as_the_account() -> None:
    assert "\nuser root;" in text(nginx_account="root")
    assert "\nuser " not in text(nginx_account="anna")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("web_hostnames", ("shop.example.com; return 200",)),
        ("web_hostnames", ("a b",)),
        ("web_hostnames", ("https://shop.example.com",)),
        ("nginx_listen", "everywhere"),
        ("nginx_listen", "8080; #"),
        ("nginx_listen", "99999"),
        ("nginx_listen", "127.0.0.1:0"),
        ("nginx_client_max_body_size", "10 megabytes"),
        ("nginx_static_url", "static"),
        ("nginx_static_url", "https://cdn.example.com/"),
        ("nginx_worker_processes", "many"),
        ("nginx_proxy_timeout", 0),
    ],
)
def test_what_nginx_would_read_differently_is_objected_to(variable: str, value: object) -> None:
    assert [objection.variable for objection in settings(**{variable: value}).objections()] == [variable]


@pytest.mark.parametrize("listen", ["8080", "127.0.0.1:8080", "[::1]:8080", "*:8080", "localhost:8080"])
def test_every_way_to_name_an_address_is_taken(listen: str) -> None:
    assert list(settings(nginx_listen=listen).objections()) == []


@pytest.mark.parametrize("character", ["$", '"', "\\", "\n"])
def test_a_path_that_nginx_would_read_differently_is_refused(character: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be written into nginx\.conf"):
        text(app=shop(f"{HOME}/sh{character}op"))


def site(**variables: object) -> NginxSettings:
    return settings(**{"app": system_shop(), "supervisor": SYSTEM_SUPERVISOR, "nginx_listen": "80", **variables})


def test_as_root_the_host_s_nginx_has_a_site_more_and_reads_it_without_a_stop() -> None:
    named = site(web_hostnames=("shop.example.com",))
    packages, address, entry, service = resources(named)
    assert isinstance(packages, Packages)
    assert address == NginxAddress("80", "nginx_listen")
    assert isinstance(entry, Entry)
    assert entry.resource == NginxSite(f"{SITES}/backline-shop", site_text(named), "/etc/nginx/nginx.conf")
    assert entry.notify == (Handler("reload nginx", ServiceOrder("nginx", Order.RELOAD)),)
    assert service == SystemService("nginx")


def test_as_root_the_plan_says_nothing_before_what_it_needs() -> None:
    made = [item if isinstance(item, Entry) else Entry(item) for item in resources(site())]
    assert list(contradictions(Plan(tuple(made)))) == []


def test_a_site_says_of_the_app_what_an_own_server_says() -> None:
    written = site_text(site(web_hostnames=("shop.example.com",)))
    assert 'server "unix:/srv/shop/run/web.sock" max_fails=0;' in written
    assert "    listen 80;\n    server_name shop.example.com;" in written
    assert "    location / {\n        proxy_pass http://backline-shop;" in written
    assert "try_files /static/$asset /static-previous/$asset @app;" in written


@pytest.mark.parametrize(
    ("variables", "goes"),
    [
        ({"web_hostnames": ("shop.example.com",)}, False),
        ({}, True),
        ({"nginx_listen": "0.0.0.0:80"}, True),
        ({"nginx_listen": "8080"}, False),
    ],
)
def test_debian_s_page_of_welcome_goes_only_where_both_are_for_every_name(
    variables: dict[str, object], goes: bool
) -> None:
    made = resources(site(**variables))
    gone = [item.resource for item in made if isinstance(item, Entry) and isinstance(item.resource, Absent)]
    assert gone == ([Absent(f"{SITES}/default")] if goes else [])
