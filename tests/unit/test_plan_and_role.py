"""What the roles of one host come to: a plan that does not contradict itself, and a generation's processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from backline.deploy.role import Role, generation_processes, role_plan
from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.plan import Entry, Handler, Plan, contradictions, notifying
from backline.resources.process import WEB, Process
from backline.resources.program import Program
from backline.resources.resource import Action, Resource
from backline.settings.app import Generation
from backline.settings.settings import HostSettings, Settings
from tests.unit.shop import SUPERVISOR, shop, shop_generation

FOLDER = Directory("/srv/shop")
INSIDE = File("/srv/shop/a", "x")


def plan(*resources: Resource) -> Plan:
    return Plan(tuple(Entry(resource) for resource in resources))


@dataclass(frozen=True)
class Reload(Action):
    """A handler that is only looked at."""


@dataclass(frozen=True)
class CacheSettings(Settings):
    cache_folder: str = "/srv/shop"
    cache_version: str = ""


def first(cache: CacheSettings) -> Iterator[Resource | Entry]:
    yield Directory(cache.cache_folder)
    yield notifying(File(f"{cache.cache_folder}/a", "x"), Handler("reload", Reload()))


def backwards(cache: CacheSettings) -> Iterator[Resource | Entry]:
    yield from reversed(list(first(cache)))


def programs(cache: CacheSettings, generation: Generation) -> Iterator[Process]:
    name = generation.program_name("cache")
    yield Process(Program(name, ("cache", cache.cache_version), "/", "/log"), WEB, "cache")


def fitted(cache: CacheSettings, requirements: str) -> CacheSettings:
    return replace(cache, cache_version=requirements.partition("==")[2])


CACHE = Role("cache", CacheSettings, (), first, programs, fitted)
PLAIN = Role("plain", CacheSettings, (), lambda cache: [Directory("/srv/other")])
REVERSED = Role("reversed", CacheSettings, (), backwards)


def on_host(*roles: str) -> HostSettings:
    return HostSettings(shop(), SUPERVISOR, roles, {CacheSettings: CacheSettings(shop(), SUPERVISOR)})


def test_what_needs_what_comes_before_it_is_in_order() -> None:
    assert list(contradictions(plan(FOLDER, INSIDE))) == []


def test_what_needs_what_only_comes_later_is_named_with_it() -> None:
    (told,) = contradictions(plan(INSIDE, FOLDER))
    assert told == "/srv/shop/a needs path:/srv/shop, which only the later /srv/shop provides"


def test_what_nobody_provides_is_taken_to_be_there() -> None:
    assert list(contradictions(plan(INSIDE))) == []


def test_the_first_who_provides_it_counts() -> None:
    assert list(contradictions(plan(FOLDER, INSIDE, FOLDER))) == []


def test_every_contradiction_is_told() -> None:
    assert len(list(contradictions(plan(INSIDE, File("/srv/shop/b", "x"), FOLDER)))) == 2


def test_a_plan_is_in_the_order_of_the_hosts_roles_and_knows_whose_each_is() -> None:
    made = role_plan(on_host("plain", "cache"), (CACHE, PLAIN, REVERSED))
    assert [(entry.role, entry.resource.subject) for entry in made] == [
        ("plain", "/srv/other"),
        ("cache", "/srv/shop"),
        ("cache", "/srv/shop/a"),
    ]
    assert [handler.name for entry in made for handler in entry.notify] == ["reload"]


def test_a_plan_that_contradicts_itself_is_refused_with_the_host() -> None:
    with pytest.raises(ConfigurationError, match="contradicts itself") as raised:
        role_plan(on_host("reversed"), (REVERSED,))
    assert raised.value.host == "web1"
    assert "/srv/shop/a needs" in raised.value.lines[0]


def test_roles_that_contradict_each_other_are_refused_too() -> None:
    inside = Role("inside", CacheSettings, (), lambda cache: [INSIDE])
    with pytest.raises(ConfigurationError):
        role_plan(on_host("inside", "cache"), (CACHE, inside))


def test_processes_are_those_of_the_hosts_own_roles_fitted_to_the_lock() -> None:
    (process,) = generation_processes(on_host("cache", "plain"), (CACHE, PLAIN), shop_generation(43, 2), "cache==7")
    assert process.program.name == "shop-cache-r43-2"
    assert process.program.command == ("cache", "7")
    assert generation_processes(on_host("plain"), (CACHE, PLAIN), shop_generation(), "") == ()


def test_without_a_fitting_the_settings_are_as_they_were_set() -> None:
    (process,) = generation_processes(on_host("cache"), (replace(CACHE, fitted=None),), shop_generation(), "cache==7")
    assert process.program.command == ("cache", "")
