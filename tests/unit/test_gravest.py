"""Of hosts that fail differently the gravest names the run, whatever their order in the inventory."""

from __future__ import annotations

from backline.fleet.fleet import gravest
from backline.resources.failure import ConfigurationError, Failure, LockHeld, Partial, Unreachable


def test_what_a_person_is_needed_for_is_named_first() -> None:
    failures: list[Failure] = [ConfigurationError("a"), LockHeld("b"), Unreachable("c"), Failure("d"), Partial("e")]
    assert gravest(failures) is failures[-1]
    assert gravest(failures[:3]) is failures[2]
