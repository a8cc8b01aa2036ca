"""What goes when an app is removed: told from what it shares by what another app on the host would be given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from backline.agent.steps.find_traces import NeighbourApp, ProgramTrace, Traces
from backline.deploy.removal import LONGEST_PATIENCE, MARGIN, Removal, parted, removal
from backline.deploy.role import Role, role_plan
from backline.resources.absent import Absent
from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.no_own_supervisord import NoOwnSupervisord
from backline.resources.no_programs import NoPrograms
from backline.resources.plan import Entry, Plan
from backline.resources.program import Program
from backline.resources.resource import Resource
from backline.resources.service import Service
from backline.resources.supervisord import OwnSupervisord
from backline.resources.tool import Tool
from backline.settings.app_paths import SYSTEM_SUPERVISOR
from backline.settings.settings import HostSettings, Settings
from tests.unit.shop import HOME, SUPERVISOR, shop

OWN = f"{HOME}/.backline"


@dataclass(frozen=True)
class CacheSettings(Settings):
    """The variables of a role that somebody wrote for their own site."""

    cache_folder: str = ""


def resources(cache: CacheSettings) -> Iterator[Resource | Entry]:
    """A server of the app's own, one that apps share, and a folder of the user's that has to be there."""
    app = cache.app
    yield Directory(f"{HOME}/public")
    yield Directory(OWN)
    yield Tool(f"{OWN}/tools/cache", ("cached",), "cached==1", "bin/cached")
    yield OwnSupervisord(f"{OWN}/tools/supervisord", SUPERVISOR.configuration, SUPERVISOR.socket)
    yield Directory(app.root)
    yield Directory(app.releases)
    yield Directory(app.state_directory)
    yield Directory(f"{OWN}/cache-{app.name}")
    yield File(f"{OWN}/cache-{app.name}/conf", b"x")
    for name in (f"{app.name}-cache", "redis"):
        program = Program(name, (f"{OWN}/tools/cache",), OWN, f"{OWN}/{name}.log", patience=30)
        yield Service(program, SUPERVISOR.socket, SUPERVISOR.include_directory, SUPERVISOR.python)


ROLE = Role("cache", CacheSettings, (), resources)


def settings_of(name: str, root: str = "") -> HostSettings:
    app = replace(shop(root or f"{HOME}/{name}"), name=name)
    return HostSettings(app, SUPERVISOR, ("cache",), {CacheSettings: CacheSettings(app, SUPERVISOR)})


def planned(*programs: ProgramTrace, apps: tuple[NeighbourApp, ...] = (), patience: int | None = None) -> Removal:
    return removal(settings_of("shop"), settings_of("bhop"), (ROLE,), Traces(programs, (), apps), patience)


def ended(planned: Removal) -> list[tuple[str, ...]]:
    return [entry.resource.names for entry in planned.programs if isinstance(entry.resource, NoPrograms)]


def paths(plan: Plan) -> list[str]:
    return [entry.resource.path for entry in plan if isinstance(entry.resource, Absent)]


def test_what_another_app_would_be_given_too_is_shared() -> None:
    parts = parted(role_plan(settings_of("shop"), (ROLE,)), role_plan(settings_of("bhop"), (ROLE,)), f"{HOME}/shop")
    assert [one.subject for one in parts.own] == [
        f"{HOME}/shop",
        f"{HOME}/shop/releases",
        f"{HOME}/shop/.backline",
        f"{OWN}/cache-shop",
        f"{OWN}/cache-shop/conf",
        "shop-cache",
    ]


def test_beside_another_app_only_the_apps_own_goes() -> None:
    gone = planned(apps=(NeighbourApp("blog", f"{HOME}/blog"),))
    assert gone.neighbours == ("blog",)
    assert ended(gone) == [("shop-cache",)]
    assert paths(gone.files) == [
        f"{HOME}/shop/current",
        f"{OWN}/supervisor.d/shop-cache.conf",
        f"{OWN}/cache-shop",
        f"{HOME}/shop/releases",
    ]


def test_with_the_last_app_goes_what_apps_share_and_nothing_of_the_users() -> None:
    gone = planned()
    assert ended(gone) == [("shop-cache",), ("redis",)]
    assert paths(gone.files) == [f"{HOME}/shop/current", f"{HOME}/shop/releases", OWN]
    supervisord = [number for number, entry in enumerate(gone.files) if isinstance(entry.resource, NoOwnSupervisord)]
    assert supervisord == [len(gone.files.entries) - 2], "its folder goes after it has ended"


def test_a_folder_whose_name_does_not_follow_the_apps_goes_all_the_same() -> None:
    traces = Traces(apps=(NeighbourApp("blog", "/elsewhere"),))
    gone = removal(settings_of("shop", "/data/site"), settings_of("bhop", "/data/site"), (ROLE,), traces)
    assert "/data/site/releases" in paths(gone.files)


def test_programs_are_the_apps_by_where_they_work_whatever_they_are_called() -> None:
    gone = planned(
        ProgramTrace("shop_celery", (f"{HOME}/shop/releases/3", f"{HOME}/shop/logs/x.log")),
        ProgramTrace("odd", ("/elsewhere/odd.log",), recorded=True),
        ProgramTrace("shop-admin-web-r1", (f"{HOME}/shop-admin/logs/x.log",)),
    )
    assert ended(gone) == [("shop_celery", "odd", "shop-cache")]
    assert gone.neighbours == ("shop-admin-web-r1",)


def test_others_programs_need_nothing_of_ours_where_supervisord_is_the_host_s_own() -> None:
    settings = replace(settings_of("shop"), supervisor=SYSTEM_SUPERVISOR)
    traces = Traces((ProgramTrace("somebodys-own", ("/elsewhere/x.log",)),))
    assert removal(settings, settings_of("bhop"), (ROLE,), traces).neighbours == ()
    assert planned(*traces.programs).neighbours == ("somebodys-own",)


@pytest.mark.parametrize("root", [f"{HOME}/shop/blog", f"{HOME}/shop"])
def test_another_app_in_this_ones_folder_is_in_the_way(root: str) -> None:
    with pytest.raises(ConfigurationError, match="the app blog lies in the folder of shop too") as refusal:
        planned(apps=(NeighbourApp("blog", root),))
    assert refusal.value.hint.endswith("/apps/blog")


def test_programs_have_the_patience_that_anything_says_or_what_was_asked_for() -> None:
    def patience(gone: Removal) -> float:
        return max(entry.resource.patience for entry in gone.programs if isinstance(entry.resource, NoPrograms))

    web = ProgramTrace("shop-web-r1", (f"{HOME}/shop/logs/x",), patience=40)
    service = ProgramTrace("shop-cache", patience=30)
    redis = ProgramTrace("redis", patience=60)
    assert patience(planned(web, service, redis)) == 60 + MARGIN
    assert patience(planned(replace(web, patience=0), service, redis)) == LONGEST_PATIENCE + MARGIN
    assert patience(planned(web, service, redis, patience=10)) == 10


def test_a_folder_that_holds_the_app_is_never_removed() -> None:
    def around(cache: CacheSettings) -> Iterator[Resource | Entry]:
        yield Directory(f"{HOME}/{cache.app.name}", mode=0o711)
        yield Directory(f"{HOME}/{cache.app.name}/site")

    app = replace(shop(f"{HOME}/shop/site"), name="shop")
    settings = HostSettings(app, SUPERVISOR, ("cache",), {CacheSettings: CacheSettings(app, SUPERVISOR)})
    role = replace(ROLE, resources=around)
    neighbour = (NeighbourApp("blog", "/elsewhere"),)
    gone = removal(settings, settings_of("bhop"), (role,), Traces(apps=neighbour))
    assert paths(gone.files) == [f"{HOME}/shop/site/current"]
