"""The links that running programs find their release by: moved, put back, and never over somebody's own things."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.move_links import NOWHERE, LinkTargets, MoveLinks, ReadLinks
from backline.resources.failure import Conflict


def test_links_move_and_what_was_read_before_puts_them_back(tmp_path: Path, machine: Machine) -> None:
    there, new = tmp_path / "there", tmp_path / "new"
    there.symlink_to("releases/1")
    before = ReadLinks((str(there), str(new))).perform(machine)
    assert before == LinkTargets(((str(there), "releases/1"), (str(new), NOWHERE)))
    MoveLinks(((str(there), "/releases/2"), (str(new), "/venvs/a"))).perform(machine)
    assert (os.readlink(there), os.readlink(new)) == ("/releases/2", "/venvs/a")
    MoveLinks(before.links).perform(machine)
    MoveLinks(before.links).perform(machine)
    assert os.readlink(there) == "releases/1"
    assert not os.path.lexists(new)


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_is_no_link_is_left_as_it_is(tmp_path: Path, machine: Machine, make: Callable[[Path], None]) -> None:
    place = tmp_path / "app"
    make(place)
    with pytest.raises(Conflict, match="deploys put a link there"):
        ReadLinks((str(place),)).perform(machine)
    with pytest.raises(Conflict, match="deploys put a link there"):
        MoveLinks(((str(place), "/releases/2"),)).perform(machine)
    assert not place.is_symlink()
