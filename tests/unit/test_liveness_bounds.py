"""A peer that is gone is noticed within 15 seconds on either side; one that lives gives three signs of it by then."""

from __future__ import annotations

import inspect

import pytest

from backline.agent import connection
from backline.fleet import session

BOUND = 15.0


@pytest.mark.parametrize(
    ("kind", "silence", "others_sign"),
    [
        (session.Session, session.SILENCE, connection.BEAT),
        (connection.Connection, connection.SILENCE, session.PING),
    ],
)
def test_silence_is_noticed_in_time_and_not_too_soon(kind: type, silence: float, others_sign: float) -> None:
    assert inspect.signature(kind).parameters["silence"].default == silence <= BOUND
    assert 3 * others_sign < silence
