"""Paths that all releases share: links that lead there from any depth, and git that may not have them too."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from backline.deploy.shared_paths import require_free, shared_links
from backline.resources.blobs import TreeFile
from backline.resources.failure import Conflict
from backline.roles.app import AppSettings
from backline.settings.app import Release
from tests.host.applying import ThisHost, this_host
from tests.unit.shop import SUPERVISOR, shop

__all__ = ["this_host"]


def files(*paths: str) -> tuple[TreeFile, ...]:
    return tuple(TreeFile(path, "0" * 40, "100644") for path in paths)


@pytest.mark.parametrize("path", ["media", "media/", "./media", "data/media", "a/b/c"])
def test_what_is_written_there_is_there_for_the_next_release(this_host: ThisHost, tmp_path: Path, path: str) -> None:
    for number in (1, 2):
        release = Release(shop(str(tmp_path)), number, "/venv")
        Path(release.directory).mkdir(parents=True)
        for resource in shared_links(release, (path,)):
            this_host.apply(resource)
        with open(f"{release.directory}/{path}/photo-{number}", "x"):
            pass
    assert sorted(os.listdir(f"{tmp_path}/releases/2/{path}")) == ["photo-1", "photo-2"]
    assert sorted(os.listdir(f"{tmp_path}/shared/{path}")) == ["photo-1", "photo-2"]


@pytest.mark.parametrize("tracked", ["media/.gitkeep", "media/photos/one.png", "media"])
def test_a_path_that_git_has_too_is_a_conflict(tracked: str) -> None:
    with pytest.raises(
        Conflict, match="media is to be shared by all releases .*, and the project's git has it"
    ) as raised:
        require_free(("media/",), files("manage.py", tracked))
    assert "git rm -r --cached media" in raised.value.hint
    assert "app_shared_paths" in raised.value.hint


def test_a_file_in_the_place_of_a_folder_above_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="data/media cannot be shared .*: data is no folder in git") as raised:
        require_free(("data/media",), files("data"))
    assert raised.value.hint == "rename data, or take data/media out of app_shared_paths"


def test_neighbours_in_git_are_none() -> None:
    require_free(("data/media", "logs"), files("data/fixtures.json", "data/media.md", "logs.py", "x/logs/a"))


def test_one_inside_another_is_refused_with_the_variables() -> None:
    app = AppSettings(
        shop(),
        SUPERVISOR,
        app_name="shop",
        app_source=".",
        django_settings_module="shop.settings",
        app_root="/srv/shop",
        app_shared_paths=("data/", "data/media", "database"),
    )
    (objection,) = app.objections()
    assert objection.variable == "app_shared_paths"
    assert objection.reason == 'names "data/media", which is in "data/" and so is shared already'
    assert not tuple(replace(app, app_shared_paths=("data", "database")).objections())
