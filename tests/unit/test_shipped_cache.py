"""How modules are shipped is kept from run to run, and worked out anew when the source or the way has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.agent.shipped_cache import ShippedCache, ShippedModule


class Maker:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, source: str) -> ShippedModule:
        self.asked.append(source)
        return ShippedModule(source.upper(), ("backline.a",), ("backline.a.b",))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "module.py"
    file.write_text("text")
    return file


def asked_anew(tmp_path: Path, source: Path, recipe: str = "1") -> bool:
    """What another run does."""
    maker = Maker()
    cache = ShippedCache(tmp_path / "own" / "shipped.json", recipe, maker)
    made = cache.module(str(source))
    assert made == ShippedModule(source.read_text().upper(), ("backline.a",), ("backline.a.b",))
    assert cache.module(str(source)) == made
    cache.save()
    return maker.asked == [source.read_text()]


def test_what_was_worked_out_is_kept(tmp_path: Path, source: Path) -> None:
    assert asked_anew(tmp_path, source)
    assert not asked_anew(tmp_path, source)
    assert os.listdir(tmp_path / "own") == ["shipped.json"]


def test_source_that_changed_is_worked_out_anew(tmp_path: Path, source: Path) -> None:
    asked_anew(tmp_path, source)
    source.write_text("other")
    assert asked_anew(tmp_path, source)
    source.write_text("third")  # of the same size
    os.utime(source, (1, 1))
    assert asked_anew(tmp_path, source)


def test_another_way_of_making_it_makes_all_anew(tmp_path: Path, source: Path) -> None:
    asked_anew(tmp_path, source)
    assert asked_anew(tmp_path, source, recipe="2")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_text("{"),
        lambda file: file.write_text('{"recipe": "1", "modules": {"x": 1}}'),
        lambda file: file.write_text("[]"),
        lambda file: file.chmod(0o666),
        lambda file: file.parent.chmod(0o777),
        lambda file: file.unlink(),
    ],
    ids=["cut off", "of another shape", "a list", "others may write it", "others may replace it", "gone"],
)
def test_what_cannot_be_trusted_is_not_read(tmp_path: Path, source: Path, spoil: Callable[[Path], object]) -> None:
    asked_anew(tmp_path, source)
    spoil(tmp_path / "own" / "shipped.json")
    assert asked_anew(tmp_path, source)


def test_where_nothing_can_be_kept_everything_works(tmp_path: Path, source: Path) -> None:
    (tmp_path / "own").write_text("a file, where the folder should be")
    assert asked_anew(tmp_path, source)
    assert asked_anew(tmp_path, source)
