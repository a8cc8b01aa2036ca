"""Our dataclasses are those of the standard library in all that we use, for its own functions too."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import pytest

from backline.resources import dataclass as ours

EVERYBODY: tuple[Any, ...] = (dataclasses, ours)
Makers = tuple[Any, Any]


def declared(by: Any, frozen: bool = True) -> Makers:
    """A class, and one that inherits from it, declared by one module or the other."""

    @by.dataclass(frozen=frozen)
    class Place:
        NAMES: ClassVar[tuple[str, ...]] = ()
        path: str
        mode: int = 0o755
        seen: dict[str, int] = by.field(default_factory=dict, repr=False, compare=False)

        @cached_property
        def parts(self) -> list[str]:
            return self.path.split("/")

    @by.dataclass(frozen=frozen)
    class Owned(Place):
        mode: int = 0o700
        owner: str = "root"

        def __post_init__(self) -> None:
            self.seen[self.owner] = 1

        def __repr__(self) -> str:
            return "mine"

    return Place, Owned


MEANT: dict[str, Callable[[Any, Any], object]] = {
    "arguments": lambda place, owned: [str(part) for part in inspect.signature(owned).parameters],
    "defaults": lambda place, owned: (place("/a").mode, place("/a").seen, owned("/a").mode, owned("/a").owner),
    "defaults of the class": lambda place, owned: (place.mode, owned.mode, hasattr(place, "path")),
    "each its own": lambda place, owned: place("/a").seen is not place("/a").seen,
    "after making": lambda place, owned: owned("/a", 1, {}, "anna").seen,
    "text": lambda place, owned: (repr(place("/a")).rpartition(".")[2], repr(owned("/a"))),
    "equal": lambda place, owned: (place("/a", 1, {"b": 1}) == place("/a", 1), place("/a") == place("/b")),
    "equal to another kind": lambda place, owned: place("/a", 0o700) == owned("/a"),
    "in a set": lambda place, owned: len({place("/a"), place("/a", seen={"b": 1}), place("/b")}),
    "worked out once": lambda place, owned: (one := place("/a/b")).parts is one.parts,
    "fields": lambda place, owned: [one.name for one in dataclasses.fields(owned)],
    "required": lambda place, owned: [one.default is dataclasses.MISSING for one in dataclasses.fields(owned)],
    "made": lambda place, owned: [one.default_factory for one in dataclasses.fields(owned)][2],
    "as a dictionary": lambda place, owned: dataclasses.asdict(owned("/a")),
    "replaced": lambda place, owned: dataclasses.replace(owned("/a", 1), owner="anna"),
    "a dataclass": lambda place, owned: dataclasses.is_dataclass(owned),
}


@pytest.mark.parametrize("meant", MEANT.values(), ids=MEANT)
def test_what_we_use_of_dataclasses_is_the_same(meant: Callable[[Any, Any], object]) -> None:
    theirs, own = (str(meant(*declared(by))) for by in EVERYBODY)
    assert own == theirs


@pytest.mark.parametrize("by", EVERYBODY)
@pytest.mark.parametrize("wrong", [lambda one: setattr(one, "mode", 1), lambda one: delattr(one, "mode")])
def test_a_frozen_one_cannot_be_changed(by: Any, wrong: Callable[[Any], None]) -> None:
    for kind in declared(by):
        with pytest.raises(AttributeError):
            wrong(kind("/a"))


@pytest.mark.parametrize("by", EVERYBODY)
def test_another_can_be_changed_and_has_no_hash(by: Any) -> None:
    place = declared(by, frozen=False)[0]("/a")
    place.mode = 1
    assert place.mode == 1
    with pytest.raises(TypeError):
        hash(place)


@pytest.mark.parametrize("by", EVERYBODY)
@pytest.mark.parametrize("given", [(), ("/a", 1, {}, 4)])
def test_what_is_lacking_or_too_much_is_refused(by: Any, given: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        declared(by)[0](*given)


def test_one_of_the_standard_library_may_inherit_from_ours() -> None:
    place, _ = declared(ours)

    @dataclasses.dataclass(frozen=True)
    class Shared(place):  # type: ignore[misc, valid-type]
        group: str = "staff"

    one: Any = Shared("/a", group="www")
    assert (one.path, one.mode, one.seen, one.group) == ("/a", 0o755, {}, "www")
    assert dataclasses.replace(one, mode=1) == Shared("/a", 1, {}, "www")
    assert ours.replace(one, mode=1) == Shared("/a", 1, {}, "www")
    assert [field.name for field in ours.fields(Shared)] == ["path", "mode", "seen", "group"]


def test_those_without_a_default_are_required() -> None:
    _, owned = declared(ours)
    assert ours.required(owned) == {"path"}
