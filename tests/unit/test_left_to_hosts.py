"""A fault of our own in the midst of a run, or a second Ctrl-C: what serves is said as far as anybody can know it."""

from __future__ import annotations

import pytest

from backline.deploy.draft import new_release
from backline.deploy.guarding import recorded
from backline.fleet.fleet import Fleet, closing
from backline.resources.failure import ExitCode, Failure
from tests.unit.stocks import ORDER, a_source, a_stock, after

FIRST = after(new_release(ORDER, a_source(), (a_stock(),)))
UNDONE = "r1 serves; each host undoes by itself what was begun of r2"
IN_DOUBT = "where the switch was made, the host's own guard finishes the deploy; where not, it undoes it"
FINISHED = "r2 serves; each host finishes by itself what is owed"


def ended_by(error: BaseException, switching: bool, switched: bool) -> None:
    """A run that has come so far with r2, where r1 is live."""
    with closing(Fleet((), lambda event: None)) as fleet, recorded(fleet, ORDER) as run:
        run.draft = new_release(ORDER, a_source("other"), (FIRST,))
        run.switching, run.switched = switching, switched
        raise error


@pytest.mark.parametrize(
    ("switching", "switched", "state", "code"),
    [
        (False, False, UNDONE, ExitCode.FAILED),
        (True, False, IN_DOUBT, ExitCode.PARTIAL),
        (True, True, FINISHED, ExitCode.PARTIAL),
    ],
)
@pytest.mark.parametrize("error", [KeyError("name"), KeyboardInterrupt()])
def test_what_serves_is_said_as_far_as_it_is_known(
    switching: bool, switched: bool, state: str, code: int, error: BaseException
) -> None:
    with pytest.raises(Failure) as raised:
        ended_by(error, switching, switched)
    assert (raised.value.state, raised.value.code) == (state, code)


def test_a_fault_before_there_is_a_release_leaves_what_served() -> None:
    with pytest.raises(Failure, match="KeyError") as raised, recorded(Fleet((), lambda event: None), ORDER):
        raise KeyError("name")
    assert raised.value.state == "nothing was deployed; what served goes on serving"
    assert "report these lines" in raised.value.hint
