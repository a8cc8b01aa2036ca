"""The role redis: the host's own server, or one of the user's, on a socket."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.resources.actions.service_order import Order, ServiceOrder
from backline.resources.directory import Directory
from backline.resources.emptied import Emptied
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.line import Line
from backline.resources.packages import Packages
from backline.resources.plan import Entry, Handler, Plan, contradictions
from backline.resources.secret import Secret
from backline.resources.service import Service
from backline.resources.system_service import SystemService
from backline.roles.redis import RedisSettings, resources
from backline.settings.app_paths import SYSTEM_SUPERVISOR
from tests.unit.shop import HOME, SUPERVISOR, shop, system_shop


def settings(**variables: object) -> RedisSettings:
    own = RedisSettings(shop(), SUPERVISOR, redis_socket=f"{HOME}/.backline/redis.sock")
    return replace(own, **variables)  # type: ignore[arg-type]


def test_the_server_keeps_every_task_and_listens_on_no_port() -> None:
    (service,) = (item for item in resources(settings()) if isinstance(item, Service))
    assert service.program.name == "redis"
    assert service.program.command == (
        f"{HOME}/.backline/tools/redis-server",
        *("--port", "0", "--unixsocket", f"{HOME}/.backline/redis.sock", "--unixsocketperm", "700"),
        *("--dir", f"{HOME}/.backline/redis", "--appendonly", "yes", "--save", ""),
        *("--maxmemory", "0", "--maxmemory-policy", "noeviction", "--daemonize", "no"),
    )
    assert service.program.log_file == f"{HOME}/.backline/redis/redis.log"


def test_its_data_is_the_user_s_alone() -> None:
    assert Directory(f"{HOME}/.backline/redis", mode=0o700) in list(resources(settings()))


@pytest.mark.parametrize(("variable", "value"), [("redis_socket", "redis.sock"), ("redis_max_memory", "plenty")])
def test_what_redis_could_not_use_is_objected_to(variable: str, value: str) -> None:
    assert [objection.variable for objection in settings(**{variable: value}).objections()] == [variable]


def test_a_socket_too_deep_is_refused_by_the_name_of_its_variable() -> None:
    with pytest.raises(ConfigurationError, match="too long") as refused:
        list(resources(settings(redis_socket="/" + "d" * 107)))
    assert "redis_socket" in refused.value.hint


def system(**variables: object) -> RedisSettings:
    return settings(app=system_shop(), supervisor=SYSTEM_SUPERVISOR, **variables)


def test_as_root_debian_s_server_is_left_as_it_is() -> None:
    packages, ours, service = resources(system())
    assert isinstance(packages, Packages)
    assert packages.names == ("redis-server",)
    assert ours == Entry(
        Emptied("/etc/redis/backline.conf"),
        (Handler("restart redis", ServiceOrder("redis-server", Order.RESTART)),),
    )
    assert service == SystemService("redis-server")


def test_as_root_what_is_set_is_included_last_and_the_password_does_not_show() -> None:
    addresses = ("127.0.0.1", "10.0.0.5")
    _, written, included, _ = resources(
        system(redis_listen=addresses, redis_password=Secret("open-sesame"), redis_max_memory="256mb")
    )
    assert isinstance(written, Entry)
    assert isinstance(included, Entry)
    text = "bind 127.0.0.1 10.0.0.5\nrequirepass open-sesame\nmaxmemory 256mb\nmaxmemory-policy noeviction\n"
    assert written.resource == File("/etc/redis/backline.conf", Secret(text), 0o640, group="redis")
    assert included.resource == Line("/etc/redis/redis.conf", "include /etc/redis/backline.conf")
    assert written.notify == included.notify == (Handler("restart redis", ServiceOrder("redis-server", Order.RESTART)),)
    made = [item if isinstance(item, Entry) else Entry(item) for item in resources(system(redis_listen=addresses))]
    assert list(contradictions(Plan(tuple(made)))) == []


@pytest.mark.parametrize(
    ("variables", "objected"),
    [
        ({"redis_listen": ("127.0.0.1", "::1")}, []),
        ({"redis_listen": ("10.0.0.5",)}, ["redis_listen"]),
        ({"redis_listen": ("everywhere",), "redis_password": "x"}, ["redis_listen"]),
        ({"redis_listen": ("10.0.0.5",), "redis_password": "open-sesame"}, []),
        ({"redis_password": "two words"}, ["redis_password"]),
        ({"redis_password": Secret("a\nb")}, ["redis_password"]),
    ],
)
def test_no_stranger_is_let_in_and_no_password_is_read_differently(
    variables: dict[str, object], objected: list[str]
) -> None:
    assert [objection.variable for objection in system(**variables).objections()] == objected
