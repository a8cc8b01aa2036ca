"""What kinds provide and need: a plan that makes an owner after what it owns is refused, before anything is done."""

from __future__ import annotations

import pytest

from backline.resources.archive import Archive
from backline.resources.authorized_key import AuthorizedKey
from backline.resources.cron import Cron
from backline.resources.directory import Directory
from backline.resources.file import File
from backline.resources.group import Group
from backline.resources.packages import Packages
from backline.resources.plan import Entry, Plan, contradictions
from backline.resources.resource import Resource
from backline.resources.system_service import SystemService
from backline.resources.user import User


@pytest.mark.parametrize(
    ("resource", "later", "need"),
    [
        (File("/a", "", owner="shop"), User("shop"), "user:shop"),
        (Directory("/a", group="staff"), Group("staff"), "group:staff"),
        (Directory("/a", group="shop"), User("shop"), "group:shop"),
        (Archive("/a", b"", owner="shop"), User("shop", group="games"), "user:shop"),
        (User("shop", group="staff"), Group("staff"), "group:staff"),
        (User("shop", groups=("games", "staff")), Group("staff"), "group:staff"),
        (AuthorizedKey("shop", "ssh-ed25519 AAAA x"), User("shop"), "user:shop"),
        (Cron("clean", "@daily", "shop", "true"), User("shop"), "user:shop"),
        (File("/a", "", owner="redis"), Packages(("redis",), brings=(User("redis"),)), "user:redis"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_needed_must_not_come_later(resource: Resource, later: Resource, need: str) -> None:
    (told,) = contradictions(Plan((Entry(resource), Entry(later))))
    assert f"needs {need}" in told
    assert list(contradictions(Plan((Entry(later), Entry(resource))))) == []


def test_packages_provide_what_they_bring_but_no_path() -> None:
    """A path that a resource provides goes when the app is removed; what is the package's stays with it."""
    nginx = Packages(("nginx",), brings=(Directory("/etc/nginx/conf.d"), SystemService("nginx")))
    assert nginx.provides() == ("package:nginx", "service:nginx")
