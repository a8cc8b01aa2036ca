"""A release made from one that is there: whole or not at all, and never open to others while it is copied."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.adopt_release import AdoptRelease
from backline.resources.failure import Failure

SECRET = "TOKEN='hunter2'\n"
_watched: list[tuple[str, list[int]]] = []
"""A folder, and the modes that it had whenever a file in it was opened."""


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watched and event == "open" and str(arguments[0]).startswith(_watched[-1][0]):
        folder, modes = _watched[-1]
        modes.append(stat.S_IMODE(os.stat(folder).st_mode))


sys.addaudithook(_watch)


@contextmanager
def watching(folder: Path) -> Generator[list[int]]:
    modes: list[int] = []
    _watched.append((str(folder), modes))
    try:
        yield modes
    finally:
        _watched.pop()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    own = tmp_path / "releases" / "1" / ".backline"
    own.mkdir(parents=True)
    place = own.parent
    (own / "env").write_text(SECRET)
    (own / "env").chmod(0o600)
    (own / "run").write_text("#!/bin/sh\n")
    (own / "run").chmod(0o755)
    (place / "manage.py").write_text("")
    (place / "empty").mkdir(mode=0o750)
    (place / ".venv").symlink_to("../../venvs/3.12-a")
    (place / "media").symlink_to("../../shared/media")
    (tmp_path / "venvs" / "3.12-a").mkdir(parents=True)
    place.chmod(0o755)
    return place


def adopt(origin: Path, machine: Machine, number: int = 2) -> Path:
    AdoptRelease(str(origin), str(origin.with_name(str(number)))).perform(machine)
    return origin.with_name(str(number))


def modes_and_links(place: Path) -> dict[str, tuple[int, str]]:
    found = {".": (stat.S_IMODE(place.stat().st_mode), "")}
    for path in place.rglob("*"):
        link = os.readlink(path) if path.is_symlink() else ""
        found[str(path.relative_to(place))] = (0 if link else stat.S_IMODE(path.stat().st_mode), link)
    return found


def test_modes_links_and_contents_are_those_of_the_origin(origin: Path, machine: Machine) -> None:
    made = adopt(origin, machine)
    assert modes_and_links(made) == modes_and_links(origin)
    assert (made / ".backline" / "env").read_text() == SECRET
    assert made.stat().st_ino != origin.stat().st_ino


def test_nobody_else_can_look_at_it_while_it_is_copied(origin: Path, machine: Machine) -> None:
    before = os.umask(0)
    try:
        with watching(origin.with_name("2.partial")) as modes:
            adopt(origin, machine)
    finally:
        os.umask(before)
    assert set(modes) == {0o700}


def test_what_cannot_be_copied_leaves_nothing(origin: Path, machine: Machine) -> None:
    os.mkfifo(origin / "pipe")
    with pytest.raises(Failure, match="could not be copied"):
        adopt(origin, machine)
    assert os.listdir(origin.parent) == ["1"]


def test_an_origin_that_is_gone_is_a_failure(origin: Path, machine: Machine) -> None:
    with pytest.raises(Failure, match="releases/7 could not be copied: No such file"):
        AdoptRelease(str(origin.with_name("7")), str(origin.with_name("8"))).perform(machine)
    assert os.listdir(origin.parent) == ["1"]


def test_what_a_killed_run_left_is_not_mixed_in(origin: Path, machine: Machine) -> None:
    partial = origin.with_name("2.partial")
    partial.mkdir()
    (partial / "stale").touch()
    assert not (adopt(origin, machine) / "stale").exists()


def test_a_release_that_is_there_is_not_touched(origin: Path, machine: Machine) -> None:
    there = origin.with_name("2")
    there.mkdir()
    with pytest.raises(Failure, match="is there already"):
        adopt(origin, machine)
    assert list(there.iterdir()) == []
