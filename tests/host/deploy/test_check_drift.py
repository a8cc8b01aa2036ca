"""--check names what the deploy then changes, exactly, in random states of a host that has drifted from its roles.

Twelve states that are the same each time; `make soak` tries a hundred."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from backline.commands.connecting import connected
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.deploy.role import role_plan
from tests.host.deploy.drifting import Drifts, drifts_of, together
from tests.host.deploy.foretelling import changes, everything, home, subjects
from tests.host.deploy.project import Completed, Project

STATES = 100 if os.environ.get("BACKLINE_SOAK") else 12
MOST_DRIFTS = 5


@pytest.fixture(scope="module")
def drifts(deployed: Project) -> Drifts:
    """What can happen to what the roles have made of this host."""
    with connected(Site(deployed.folder, deployed.host), lambda event: None) as fleet:
        (target,) = fleet.targets
    return drifts_of(role_plan(target.settings, load_roles(deployed.folder)))


@contextmanager
def programs_kept(project: Project) -> Iterator[None]:
    """The files of what serves, which are no role's: put back, whatever folder was removed."""
    folder = home(project) / ".backline/supervisor.d"
    kept = {path.name: path.read_bytes() for path in folder.glob("shop-*-r*.conf")}
    yield
    for name, content in kept.items():
        (folder / name).write_bytes(content)


@pytest.mark.timeout(5400)
@settings(
    max_examples=STATES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_what_a_deploy_mends_was_foretold(deployed: Project, drifts: Drifts, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(drifts))), min_size=1, max_size=MOST_DRIFTS, unique=True))
    with programs_kept(deployed):
        for drift in together(drifts[number] for number in chosen):
            note(drift.name)
            drift.act()
        before = everything(home(deployed))
        foretold = deployed.on_host("deploy", "--check", check=False)
        assert everything(home(deployed)) == before
        done = deployed.on_host("deploy", check=False)
        assert (foretold.code, mended(foretold, "would-change", "would-run")) == (
            done.code,
            mended(done, "changed", "done"),
        ), f"{foretold.err}\n{done.err}"
    assert done.summary["status"] == "live"
    assert mended(deployed.on_host("deploy", "--check"), "would-change", "would-run") == ((), ())


def mended(done: Completed, changed: str, ran: str) -> tuple[object, object]:
    """Resources with their attributes before and after, and handlers."""
    return changes(done.events, changed), subjects(done.events, "handler", ran)
