"""A worker that must not overlap: its successor starts when it has ended, and what is sent in between waits for it."""

from __future__ import annotations

import pytest

from tests.host.deploy.project import Project
from tests.host.deploy.small_shop import put_small_shop
from tests.host.deploy.test_first_day import assert_everything_runs

pytestmark = pytest.mark.timeout(240)


def test_a_worker_that_must_not_overlap_is_replaced_after_its_end(sandbox: Project) -> None:
    """Also where it was allowed to, by the release before."""
    put_small_shop(sandbox)
    sandbox.on_host("deploy")
    everywhere = sandbox.folder / "inventory" / "group_vars" / "all.yml"
    text = everywhere.read_text()
    assert "queues: [mail]\n" in text
    everywhere.write_text(text.replace("queues: [mail]\n", "queues: [mail]\n    overlap: false\n"))
    sandbox.commit("one mail worker at a time")
    for release in ("r2", "r3"):
        done = sandbox.on_host("deploy", "--force")
        assert done.summary["hosts"]["sandbox"]["pauses"].keys() == {"mail", "beat"}
        told = [event["text"] for event in done.events if event["event"] == "note"]
        assert sum("-mail-" in text and "(overlap: false)" in text for text in told) == 1
        assert_everything_runs(sandbox, release)
        assert [name for name in sandbox.pids() if "-mail-" in name] == [f"shop-celery-mail-{release}"]
    sandbox.on_host("restart-workers")
    assert [name for name in sandbox.pids() if "-mail-" in name] == ["shop-celery-mail-r3-2"]
