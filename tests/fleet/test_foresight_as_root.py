"""What check names is exactly what apply changes, for plans over all kinds that a system needs, from any state."""

from __future__ import annotations

import random

import pytest

from backline.resources.absent import Absent
from backline.resources.authorized_key import AuthorizedKey
from backline.resources.block import Block
from backline.resources.cron import Cron
from backline.resources.directory import Directory
from backline.resources.file import File
from backline.resources.group import Group
from backline.resources.line import Line
from backline.resources.link import Link
from backline.resources.packages import Packages
from backline.resources.resource import Resource
from backline.resources.system_service import Boot, State, SystemService
from backline.resources.user import User
from tests.fleet.as_root import as_root
from tests.lab.host import Host

KEY = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43}"
CHOICES: tuple[tuple[Resource, ...], ...] = (
    (Group("staffed"), Group("staffed", system=True)),
    (User("anna"), User("anna", groups=("staffed",)), User("anna", shell="/bin/sh", home="/srv/anna")),
    (User("shop", system=True), User("shop", group="staffed", home="/srv/shop", system=True)),
    (Directory("/home/anna", 0o711, "anna"), Directory("/srv/shop", 0o2750, "shop", "staffed")),
    (File("/srv/shop/env", "A=1\n", 0o640, "root", "staffed"), File("/srv/shop/env", "A=2\n", owner="shop")),
    (AuthorizedKey("anna", f"{KEY} one"), AuthorizedKey("anna", f"no-pty {KEY} two")),
    (Line("/etc/hosts", "198.51.100.7 db"), Line("/etc/hosts", "198.51.100.8 db", instead_of=r"\sdb$")),
    (Block("/etc/hosts", "shop", "198.51.100.9 a"), Block("/srv/shop/env", "shop", "B=1")),
    (Cron("shop", "@daily", "shop", "true"), Cron("shop", "17 3 * * *", "anna", "true 100%")),
    (Packages(("cron", "sudo")), Packages(("logrotate",))),
    (SystemService("cron"), SystemService("cron", State.STOPPED, Boot.DISABLED)),
    (Link("/srv/shop/current", "env"), Absent("/srv/shop/env"), Absent("/etc/cron.d/shop")),
)
"""Of each row a plan may have some; a plan keeps the order of the rows, so that what it needs comes before."""
PLANS = 12
FOUNDATION: tuple[Resource, ...] = (
    Group("staffed"),
    User("anna", home="/home/anna"),
    User("shop", system=True),
    Directory("/srv/shop"),
)


def a_plan(chance: random.Random) -> tuple[Resource, ...]:
    """The foundation, and of the rest about half."""
    return (*FOUNDATION, *(chance.choice(row) for row in CHOICES if chance.random() < 0.6))


@pytest.mark.parametrize("seed", range(3))
def test_what_check_names_is_what_apply_changes(fresh_host: Host, seed: int) -> None:
    """Plans one after the other on one host, so that each begins where the last one ended."""
    chance = random.Random(seed)  # noqa: S311 (a choice of plans)
    changed = 0
    with as_root(fresh_host) as root:
        for _ in range(PLANS):
            plan = a_plan(chance)
            foreseen = root.foreseen(*plan)
            assert root.applied(*plan) == foreseen, plan
            changed += len(foreseen)
    assert changed > PLANS


def test_from_nothing_everything_is_foreseen_at_once(fresh_host: Host) -> None:
    with as_root(fresh_host) as root:
        assert root.settles(*FOUNDATION, *(row[0] for row in CHOICES[:-1]), Link("/srv/shop/current", "env"))
