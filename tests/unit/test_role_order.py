"""The order of roles: what one brings comes before it, services before programs, then by name; else it is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.commands.own_folders import OURS, module_files
from backline.commands.role_order import in_order
from backline.commands.roles import load_roles
from backline.deploy.role import Role
from backline.resources.failure import ConfigurationError
from backline.resources.process import Process
from backline.resources.resource import Resource
from backline.settings.app import Generation
from backline.settings.settings import Settings


def resources(settings: Settings) -> Iterator[Resource]:
    yield from ()


def programs(settings: Settings, generation: Generation) -> Iterator[Process]:
    yield from ()


def service(name: str, *brings: str) -> Role:
    return Role(name, Settings, brings, resources)


def worker(name: str, *brings: str) -> Role:
    return Role(name, Settings, brings, resources, programs)


def names(*roles: Role) -> list[str]:
    return [role.name for role in in_order(roles)]


def test_ours_are_found_in_their_folder_and_come_in_this_order() -> None:
    found = [role.name for role in load_roles(OURS)]
    known = ["app", "virtualenv", "supervisor", "nginx", "redis", "celery", "web"]
    assert [name for name in found if name in known] == known
    assert set(found) == {file.stem for file in module_files(OURS / "roles")}


def test_what_a_role_brings_comes_before_it() -> None:
    assert names(service("a", "c"), service("b", "a"), service("c")) == ["c", "a", "b"]


def test_what_only_prepares_the_host_comes_before_what_has_programs() -> None:
    assert names(worker("a"), service("z"), service("y", "z")) == ["z", "y", "a"]


@given(st.permutations([service("app"), service("redis", "app"), worker("huey", "app"), worker("web", "app", "redis")]))
def test_the_order_does_not_depend_on_where_the_files_were_found_first(roles: list[Role]) -> None:
    assert names(*roles) == ["app", "redis", "huey", "web"]


def test_a_role_that_brings_what_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="the role huey brings ap, which is not a role; did you mean app?"):
        names(service("app"), worker("huey", "ap"))


def test_roles_that_bring_each_other_are_all_named() -> None:
    with pytest.raises(ConfigurationError, match="bring each other") as raised:
        names(service("app"), service("a", "b"), service("b", "a", "app"))
    assert raised.value.lines == ("a brings b", "b brings a, app")
