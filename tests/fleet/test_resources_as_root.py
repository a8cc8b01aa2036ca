"""Resources on a real server as root: what belongs to other users is theirs, and costs no more round trips."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from backline.agent.steps.apply import Applied, Apply
from backline.resources.directory import Directory
from backline.resources.failure import Failure
from backline.resources.file import File
from backline.resources.plan import Entry, Plan
from tests.fleet.connecting import DEPLOY, ROOT, connected
from tests.host.engine.conftest import Connected
from tests.host.vandalism import Vandalism, forbid, open_up, remove
from tests.lab.host import Host

THEIRS = Plan(
    (
        Entry(Directory("/srv/shop", mode=0o2750, owner="deploy", group="www-data")),
        Entry(File("/srv/shop/settings", "a = 1\n", mode=0o640, owner="root", group="deploy")),
        Entry(File("/srv/shop/ours", "b\n", mode=0o600, owner="www-data", group="games")),
    )
)
FOUND = "drwxr-s--- deploy www-data\n-rw-r----- root deploy\n-rw------- www-data games\n"
PATHS = ("/srv/shop", "/srv/shop/settings", "/srv/shop/ours")


@pytest.fixture
def as_root(fresh_host: Host) -> Generator[Connected]:
    with connected(fresh_host, ROOT) as there:
        yield there


def as_listed(host: Host) -> str:
    """What the host's own stat says, by the names of users that only it knows."""
    return host.execute("stat", "--format", "%A %U %G", *PATHS).stdout


def test_what_belongs_to_others_is_theirs(fresh_host: Host, as_root: Connected) -> None:
    assert as_root.session.perform(Apply(THEIRS)) == Applied(changed=3)
    assert as_listed(fresh_host) == FOUND
    assert as_root.session.perform(Apply(THEIRS)) == Applied(unchanged=3)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("command", [("chown", "nobody:nogroup"), ("chmod", "0777")])
def test_ownership_is_mended(fresh_host: Host, as_root: Connected, command: tuple[str, str], path: str) -> None:
    as_root.session.perform(Apply(THEIRS))
    fresh_host.execute(*command, path)
    assert as_listed(fresh_host) != FOUND
    assert as_root.session.perform(Apply(THEIRS)) == Applied(changed=1, unchanged=2)
    assert as_listed(fresh_host) == FOUND


@pytest.mark.parametrize("vandalism", [remove, forbid, open_up])
def test_file_of_another_user_is_mended(fresh_host: Host, as_root: Connected, vandalism: Vandalism) -> None:
    as_root.session.perform(Apply(THEIRS))
    vandalism(fresh_host.root / "srv/shop/settings")
    assert as_root.session.perform(Apply(THEIRS)) == Applied(changed=1, unchanged=2)
    assert as_listed(fresh_host) == FOUND


def test_user_who_is_not_root_is_refused_and_changes_nothing(fresh_host: Host) -> None:
    file = File("/home/deploy/theirs", "x", owner="root")
    with connected(fresh_host, DEPLOY) as there, pytest.raises(Failure, match="theirs"):
        there.session.perform(Apply(Plan((Entry(file),))))
    assert not (fresh_host.root / "home/deploy/theirs").exists()


def test_sixty_unchanged_resources_cost_one_round_trip(fresh_host: Host, as_root: Connected) -> None:
    """As many as on this machine: tests/host/engine/test_apply.py."""
    directories = [Directory(f"/srv/d{number}", owner="deploy") for number in range(10)]
    files = [File(f"/srv/d{number % 10}/f{number}", f"content {number}\n", owner="deploy") for number in range(50)]
    plan = Plan(tuple(Entry(resource) for resource in [*directories, *files]))
    as_root.session.perform(Apply(plan))
    before = as_root.wire.round_trips()
    assert as_root.session.perform(Apply(plan)) == Applied(unchanged=60)
    assert as_root.wire.round_trips() - before == 1
    counted = fresh_host.traffic()
    assert (counted.connections, counted.channels) == (1, 1)
