"""What `--ref` may name, what is left out, and when there is a new release or none."""

from __future__ import annotations

import pytest

from tests.host.deploy.project import Completed, Project
from tests.host.deploy.small_shop import LITTLE_WORK, put_small_shop

NOTE = "shop/note.txt"
SETTINGS = "inventory/host_vars/sandbox/main.yml"
TELL_GREETING = """import os

print(os.environ["SHOP_GREETING"])
"""


@pytest.fixture(scope="module")
def deployed(sandbox: Project) -> Project:
    """A shop that does little is live, which tells what its environment says."""
    put_small_shop(sandbox)
    sandbox.set_for_all(celery_workers=LITTLE_WORK, celery_beat=False)
    sandbox.change("manage.py", TELL_GREETING)
    sandbox.on_host("deploy")
    return sandbox


def warnings(done: Completed) -> list[str]:
    return [event["text"] for event in done.events if event["event"] == "warning"]


def listed(project: Project, release: str) -> dict[str, object]:
    """What `inv releases` says of one release."""
    return next(item for item in project.on_host("releases").document if item["release"] == release)


# these make no release, and begin with what is live


def test_what_is_not_committed_is_named_and_left_out(live: Project) -> None:
    live.on_host("deploy")
    (live.shop / "shop/wsgi.py").write_text("# half a thought\n")
    (live.shop / "shop/idea.py").write_text("")
    done = live.on_host("deploy")
    assert done.summary["status"] == "live"
    (text,) = warnings(done)
    assert text.startswith("examples/shop has uncommitted changes, which are left out (--ref . takes them along): ")
    assert set(text.rpartition(": ")[2].split(", ")) == {"shop/wsgi.py", "shop/idea.py"}


def test_a_commit_beside_the_project_changes_nothing_on_the_host(live: Project) -> None:
    live.on_host("deploy")
    pids = live.pids()
    (live.folder / "NOTES").write_text("to do\n")
    live.commit("a note beside the project")
    assert live.on_host("deploy").summary["status"] == "live"
    assert live.pids() == pids


# these make one


def test_force_makes_a_release_of_what_is_live(live: Project) -> None:
    first = live.on_host("deploy").summary["release"]
    forced = live.on_host("deploy", "--force").summary
    assert (forced["status"], forced["hosts"]["sandbox"]["blobs_sent"]) == ("deployed", 0)
    assert forced["release"] != first
    assert listed(live, forced["release"])["commit"] == listed(live, first)["commit"]


def test_another_value_in_the_environment_is_another_release(live: Project) -> None:
    live.on_host("deploy")
    file = live.folder / SETTINGS
    file.write_text(file.read_text().replace("Hello from the sandbox", "Good evening"))
    changed = live.on_host("deploy").summary
    assert (changed["status"], changed["hosts"]["sandbox"]["virtualenv"]) == ("deployed", "reused")
    assert changed["hosts"]["sandbox"]["blobs_sent"] == 0
    said = live.inv("manage", "greeting").out
    assert said.splitlines()[-1] == "Good evening"


def test_the_working_tree_is_deployed_as_it_is_and_marked(live: Project) -> None:
    live.on_host("deploy")
    (live.shop / NOTE).write_text("half a thought\n")
    done = live.on_host("deploy", "--ref", ".")
    assert (done.summary["status"], done.summary["hosts"]["sandbox"]["blobs_sent"]) == ("deployed", 1)
    assert warnings(done) == []
    found = listed(live, done.summary["release"])
    assert (found["dirty"], found["commit"]) == (True, live.git("rev-parse", "HEAD"))
    assert "+changes" in live.inv("releases").out
    assert live.on_host("deploy", "--ref", ".").summary["status"] == "live"


@pytest.mark.parametrize("kind", ["tag", "branch", "short id"])
def test_a_ref_is_a_tag_a_branch_or_a_short_id(live: Project, kind: str) -> None:
    live.change(NOTE, f"{kind}\n")
    commit = live.git("rev-parse", "HEAD")
    live.git("tag", "v1")
    live.git("branch", "other")
    live.change(NOTE, "later\n")
    ref = {"tag": "v1", "branch": "other", "short id": commit[:9]}[kind]
    try:
        summary = live.on_host("deploy", "--ref", ref).summary
    finally:
        live.git("tag", "--delete", "v1")
        live.git("branch", "--delete", "--force", "other")
    assert summary["status"] == "deployed"
    found = listed(live, summary["release"])
    assert (found["commit"], found["ref"], found["dirty"], found["live"]) == (commit, ref, False, True)
