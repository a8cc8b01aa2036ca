"""The role web: variables in, gunicorn's process out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.resources.actions.http_probe import HttpProbe
from backline.resources.failure import ConfigurationError
from backline.resources.process import WEB, Process
from backline.roles.web import WebSettings, fitted, programs, resources
from tests.unit.shop import HOME, SUPERVISOR, shop, shop_generation

RELEASE = f"{HOME}/shop/releases/43"


def settings(**variables: object) -> WebSettings:
    return replace(WebSettings(shop(), SUPERVISOR, web_application="shop.wsgi:application"), **variables)  # type: ignore[arg-type]


def process(web: WebSettings, attempt: int = 1) -> Process:
    (only,) = programs(web, shop_generation(43, attempt))
    return only


def test_gunicorn_listens_on_its_generation_s_socket() -> None:
    program = process(settings()).program
    assert program.name == "shop-web-r43"
    assert program.command == (
        f"{RELEASE}/.backline/run",
        f"{RELEASE}/.venv/bin/gunicorn",
        *("--bind", f"unix:{HOME}/shop/run/web-r43.sock"),
        *("--workers", "2", "--worker-class", "gthread", "--threads", "4"),
        *("--timeout", "30", "--graceful-timeout", "30", "--forwarded-allow-ips=*", "--no-control-socket"),
        "shop.wsgi:application",
    )
    assert program.directory == RELEASE
    assert program.log_file == f"{HOME}/shop/logs/shop-web-r43.log"


def test_a_second_generation_has_a_socket_and_a_name_of_its_own() -> None:
    program = process(settings(), attempt=2).program
    assert program.name == "shop-web-r43-2"
    assert f"unix:{HOME}/shop/run/web-r43-2.sock" in program.command


def test_supervisor_waits_longer_than_gunicorn_does() -> None:
    program = process(settings(web_graceful_timeout=120)).program
    assert program.patience > 120
    assert program.stop_signal == "TERM"


@pytest.mark.parametrize(("version", "told"), [("", True), ("27.0.1", True), ("25.1.0", True), ("23.0.0", False)])
def test_only_a_gunicorn_that_has_a_control_socket_is_told_to_leave_it(version: str, told: bool) -> None:
    command = process(settings(web_gunicorn_version=version)).program.command
    assert ("--no-control-socket" in command) is told


def test_the_version_comes_from_the_requirements_unless_it_is_set() -> None:
    assert fitted(settings(), "gunicorn==23.0.0\n").web_gunicorn_version == "23.0.0"
    assert fitted(settings(web_gunicorn_version="27.0"), "gunicorn==23.0.0\n").web_gunicorn_version == "27.0"


def test_threads_belong_to_gthread_and_options_come_last() -> None:
    web = settings(
        web_worker_class="uvicorn.workers.UvicornWorker", web_access_log=True, web_options=("--max-requests", "1000")
    )
    command = process(web).program.command
    assert "--threads" not in command
    assert command[-6:] == (
        *("--access-logfile", "-", "--no-control-socket"),
        *("--max-requests", "1000"),
        "shop.wsgi:application",
    )


def test_the_gate_is_a_request_over_that_socket() -> None:
    web = settings(
        web_hostnames=("*.shop.example.com", "shop.example.com"), web_health_path="/health", web_health_scheme="https"
    )
    assert process(web).gate == HttpProbe(
        socket=f"{HOME}/shop/run/web-r43.sock",
        path="/health",
        host_header="shop.example.com",
        scheme="https",
        patience=60,
        program="shop-web-r43",
        supervisor_socket=SUPERVISOR.socket,
        log_file=f"{HOME}/shop/logs/shop-web-r43.log",
        directory=RELEASE,
    )


def test_the_switch_moves_nginx_s_links_the_static_files_before_the_pages_that_ask_for_them() -> None:
    web = process(settings(), attempt=2)
    assert web.links == (
        (f"{HOME}/shop/run/static", "../releases/43/.backline/static"),
        (f"{HOME}/shop/run/web.sock", "web-r43-2.sock"),
    )
    assert (web.part, web.kind, web.overlaps) == (WEB, "web", True)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("web_application", "shop.wsgi"),
        ("web_application", "--help:x"),
        ("web_health_path", "health"),
        ("web_health_path", "/is it up"),
        ("web_health_path", "/up\n"),
        ("web_health_path", "/santé"),
        ("web_workers", 0),
        ("web_patience", 0),
    ],
)
def test_what_gunicorn_could_not_use_is_objected_to(variable: str, value: object) -> None:
    assert [objection.variable for objection in settings(**{variable: value}).objections()] == [variable]


@pytest.mark.parametrize("application", ["shop.wsgi:application", "shop.asgi:application", "shop:create('x')"])
def test_what_gunicorn_can_use_is_not(application: str) -> None:
    assert list(settings(web_application=application).objections()) == []


def test_a_root_too_deep_for_sockets_is_refused_before_anything_is_built() -> None:
    assert list(resources(settings())) == []
    with pytest.raises(ConfigurationError, match="too long for a Unix socket"):
        list(resources(settings(app=shop(f"{HOME}/{'d' * 80}"))))
