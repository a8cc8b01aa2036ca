"""The role redis: a broker of the user's own, on a socket."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError
from backline.resources.service import Service
from backline.roles.redis import RedisSettings, resources
from tests.unit.shop import HOME, SUPERVISOR, shop


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
