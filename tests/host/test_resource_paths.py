"""Directory, Link and Absent: absent, made, vandalised, mended."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from backline.resources.absent import Absent
from backline.resources.directory import Directory
from backline.resources.failure import Conflict, Failure
from backline.resources.link import Link
from backline.resources.link_place import LinkPlace
from tests.host.applying import ThisHost, this_host
from tests.host.vandalism import (
    Vandalism,
    forbid,
    open_up,
    point_elsewhere,
    remove,
    replace_by_directory,
    replace_by_file,
    replace_by_link,
)

__all__ = ["this_host"]


def test_directory_is_made_once_whatever_the_umask(this_host: ThisHost, tmp_path: Path) -> None:
    directory = Directory(str(tmp_path / "a" / "b"), mode=0o2775)
    previous = os.umask(0o077)
    try:
        assert this_host.attributes(directory) == ["exists"]
        assert this_host.apply(directory)
    finally:
        os.umask(previous)
    assert not this_host.apply(directory)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755


@pytest.mark.parametrize(("vandalism", "named"), [(remove, ["exists"]), (forbid, ["mode"]), (open_up, ["mode"])])
def test_directory_is_mended(this_host: ThisHost, tmp_path: Path, vandalism: Vandalism, named: list[str]) -> None:
    directory = Directory(str(tmp_path / "run"))
    this_host.apply(directory)
    vandalism(tmp_path / "run")
    assert this_host.attributes(directory) == named
    assert this_host.apply(directory)
    assert not this_host.apply(directory)


@pytest.mark.parametrize("vandalism", [replace_by_file, replace_by_link])
def test_something_else_in_a_directorys_place_is_a_conflict(
    this_host: ThisHost, tmp_path: Path, vandalism: Vandalism
) -> None:
    directory = Directory(str(tmp_path / "run"))
    this_host.apply(directory)
    vandalism(tmp_path / "run")
    with pytest.raises(Conflict, match="a directory should be there"):
        this_host.check(directory)


def test_directory_that_cannot_be_made_says_why(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot make the directory"):
        this_host.apply(Directory(str(tmp_path / "file" / "run")))


def test_link_is_made_once(this_host: ThisHost, tmp_path: Path) -> None:
    link = Link(str(tmp_path / "current"), "releases/43")
    assert this_host.attributes(link) == ["target"]
    assert this_host.apply(link)
    assert not this_host.apply(link)
    assert os.readlink(tmp_path / "current") == "releases/43"


@pytest.mark.parametrize(
    ("vandalism", "named"), [(remove, ["target"]), (point_elsewhere, ["target"]), (replace_by_file, ["kind"])]
)
def test_link_is_mended(this_host: ThisHost, tmp_path: Path, vandalism: Vandalism, named: list[str]) -> None:
    link = Link(str(tmp_path / "current"), "releases/43")
    this_host.apply(link)
    vandalism(tmp_path / "current")
    assert this_host.attributes(link) == named
    assert this_host.apply(link)
    assert os.listdir(tmp_path) == ["current"]


def test_directory_in_a_links_place_is_a_conflict_and_stays(this_host: ThisHost, tmp_path: Path) -> None:
    link = Link(str(tmp_path / "current"), "releases/43")
    this_host.apply(link)
    replace_by_directory(tmp_path / "current")
    with pytest.raises(Conflict, match="a link should be there"):
        this_host.check(link)
    with pytest.raises(Conflict):
        link.converge(this_host.machine)
    assert os.listdir(tmp_path) == ["current"]


@pytest.mark.parametrize("came_back", [replace_by_file, replace_by_link, replace_by_directory])
def test_absent_removes_what_is_there(this_host: ThisHost, tmp_path: Path, came_back: Vandalism) -> None:
    absent = Absent(str(tmp_path / "old"))
    assert not this_host.apply(absent)
    (tmp_path / "old" / "deep").mkdir(parents=True)
    assert this_host.attributes(absent) == ["exists"]
    assert this_host.apply(absent)
    (tmp_path / "old").touch()
    came_back(tmp_path / "old")
    assert this_host.apply(absent)
    assert not this_host.apply(absent)


def test_absent_removes_a_link_and_not_what_it_points_to(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "old").symlink_to("data")
    assert this_host.apply(Absent(str(tmp_path / "old")))
    assert os.listdir(tmp_path) == ["data"]


def test_place_of_a_link_is_made_ready_and_a_link_in_it_left_alone(this_host: ThisHost, tmp_path: Path) -> None:
    place = LinkPlace(str(tmp_path / "path" / "to" / "app"))
    assert this_host.attributes(place) == ["folder"]
    assert this_host.apply(place)
    assert not this_host.apply(place)
    os.symlink("/nowhere", place.path)
    assert not this_host.apply(place)
    assert os.readlink(place.path) == "/nowhere"


@pytest.mark.parametrize("vandalism", [replace_by_file, replace_by_directory])
def test_place_of_a_link_where_something_else_is_is_refused(
    this_host: ThisHost, tmp_path: Path, vandalism: Vandalism
) -> None:
    place = tmp_path / "app"
    place.symlink_to("/nowhere")
    vandalism(place)
    with pytest.raises(Conflict, match="deploys put a link there"):
        this_host.check(LinkPlace(str(place)))
