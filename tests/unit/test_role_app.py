"""The role app: the directories of an app, and what is refused until it exists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError
from backline.resources.link_place import LinkPlace
from backline.resources.plan import Entry, Plan, contradictions
from backline.resources.resource import Resource
from backline.roles.app import AppSettings, resources
from tests.unit.shop import HOME, SUPERVISOR, shop


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


def test_setting_up_a_system_is_refused_with_the_way_out() -> None:
    with pytest.raises(ConfigurationError) as refused:
        list(resources(settings(app=shop(rootless=False))))
    assert "backline_rootless: true" in refused.value.hint
