"""The role app: the user and the directories of an app, and whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.resources.app_user import AppUser
from backline.resources.directory import Directory
from backline.resources.link_place import LinkPlace
from backline.resources.plan import Entry, Plan, contradictions
from backline.resources.resource import Resource
from backline.roles.app import AppSettings, resources
from backline.settings.app_paths import SYSTEM_SUPERVISOR
from tests.unit.shop import HOME, SUPERVISOR, shop, system_shop


def settings(**variables: object) -> AppSettings:
    plain = AppSettings(
        shop(), SUPERVISOR, app_name="shop", app_source="examples/shop", django_settings_module="shop.settings"
    )
    return replace(plain, **variables)  # type: ignore[arg-type]


def modes(app: AppSettings) -> dict[str, int]:
    return {item.path: item.mode for item in resources(app) if isinstance(item, Directory)}


def test_each_directory_comes_after_the_one_that_it_is_in() -> None:
    made = [item for item in resources(settings()) if isinstance(item, Resource)]
    assert list(contradictions(Plan(tuple(Entry(resource) for resource in made)))) == []
    assert set(modes(settings())) == {
        *(f"{HOME}/.backline", f"{HOME}/.backline/tools", f"{HOME}/.backline/apps"),
        *(f"{HOME}/shop{name}" for name in ("", "/releases", "/run", "/venvs", "/shared", "/logs", "/.backline")),
    }


def test_the_socket_that_everybody_may_write_to_lies_where_only_the_user_gets() -> None:
    assert modes(settings())[f"{HOME}/shop/run"] == 0o700


def test_what_releases_share_has_a_place() -> None:
    assert f"{HOME}/shop/shared/media/photos" in modes(settings(app_shared_paths=("media/photos/",)))


def test_links_that_deploys_move_have_their_places_looked_at() -> None:
    plain = settings(app_directory="/path/to/app/", app_virtualenv="/path/to/env")
    places = [item for item in resources(plain) if isinstance(item, LinkPlace)]
    assert places == [LinkPlace("/path/to/app"), LinkPlace("/path/to/env")]


def system(**variables: object) -> AppSettings:
    return settings(app=system_shop(), supervisor=SYSTEM_SUPERVISOR, **variables)


def owners(app: AppSettings) -> dict[str, tuple[str, str, int]]:
    return {item.path: (item.owner, item.group, item.mode) for item in resources(app) if isinstance(item, Directory)}


def test_as_root_what_runs_is_root_s_and_the_user_has_sockets_and_what_is_shared() -> None:
    found = owners(system(app_shared_paths=("media",)))
    for name in ("", "/releases", "/venvs"):
        assert found[f"/srv/shop{name}"] == ("root", "root", 0o755)
    assert found["/srv/shop/.backline"] == ("root", "root", 0o700)
    assert found["/srv/shop/run"] == ("shop", "www-data", 0o750)
    assert found["/srv/shop/shared"] == ("shop", "shop", 0o750)
    assert found["/srv/shop/shared/media"] == ("shop", "shop", 0o755)


def test_as_root_logs_are_written_where_nobody_else_can_put_a_link() -> None:
    assert owners(system())["/srv/shop/logs"] == ("root", "shop", 0o750)


def test_as_root_the_user_comes_first_and_everything_after_what_it_needs() -> None:
    made = [item for item in resources(system()) if isinstance(item, Resource)]
    assert made[0] == AppUser("shop", home="/srv/shop")
    assert list(contradictions(Plan(tuple(Entry(resource) for resource in made)))) == []


def test_rootless_nobody_else_s_name_is_said() -> None:
    assert {owner for owner, _, _ in owners(settings()).values()} == {""}
    assert not [item for item in resources(settings()) if isinstance(item, AppUser)]


@pytest.mark.parametrize("user", ["root", "9lives", "a b", "a" * 33])
def test_who_cannot_be_the_app_s_user_is_objected_to(user: str) -> None:
    app = replace(system_shop(), user=user)
    named = [objection.variable for objection in replace(system(), app=app, app_root=app.root).objections()]
    assert named == ["app_user"]
