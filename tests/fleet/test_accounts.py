"""User, Group and AuthorizedKey on a real server: made once, mended, and foreseen."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from backline.resources.app_user import AppUser
from backline.resources.authorized_key import AuthorizedKey
from backline.resources.directory import Directory
from backline.resources.failure import Failure
from backline.resources.file import File
from backline.resources.group import Group
from backline.resources.resource import Difference
from backline.resources.user import User
from tests.fleet.as_root import AsRoot, as_root
from tests.fleet.connecting import DEPLOY, connected
from tests.lab.host import Host

SHOP = User("shop", group="shop", groups=("adm", "www-data"), home="/srv/shop", system=True)
PERSON = User("anna", shell="/bin/bash")


@pytest.fixture
def root(fresh_host: Host) -> Generator[AsRoot]:
    with as_root(fresh_host) as root:
        yield root


def passwd(root: AsRoot, name: str) -> list[str]:
    return root.host.execute("getent", "passwd", name).stdout.strip().split(":")


def test_system_user_is_made_with_its_groups_and_without_a_home(root: AsRoot) -> None:
    assert root.settles(Group("shop", system=True), SHOP)
    _, _, uid, _, _, home, shell = passwd(root, "shop")
    assert int(uid) < 1000
    assert (home, shell) == ("/srv/shop", "/usr/sbin/nologin")
    assert root.host.execute("id", "-nG", "shop").stdout.split() == ["shop", "adm", "www-data"]
    assert not (root.host.root / "srv/shop").exists()


def test_person_is_made_with_a_home_and_a_group_of_the_own_name(root: AsRoot) -> None:
    home = Directory("/home/anna", mode=0o750, owner="anna", group="anna")
    assert root.foreseen(PERSON, home) == ["user anna"]
    assert root.applied(PERSON, home) == ["user anna"]
    assert int(passwd(root, "anna")[2]) >= 1000
    assert (root.host.root / "home/anna/.profile").exists()


@pytest.mark.parametrize(
    ("vandalism", "named"),
    [
        (("usermod", "--shell", "/bin/sh", "shop"), "shell"),
        (("usermod", "--home", "/tmp", "shop"), "home"),
        (("usermod", "--gid", "games", "shop"), "group"),
        (("gpasswd", "--delete", "shop", "adm"), "group adm"),
        (("userdel", "shop"), "exists"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_user_is_mended(root: AsRoot, vandalism: tuple[str, ...], named: str) -> None:
    user = User("shop", "shop", ("adm", "www-data"), "/srv/shop", "/usr/sbin/nologin", system=True)
    root.apply(Group("shop"), user)
    root.host.execute("usermod", "--append", "--groups", "games", "shop")
    root.host.execute(*vandalism)
    root.there.events.clear()
    assert root.apply(Group("shop"), user).changed >= 1
    attributes = [
        one.attribute for event in root.there.events for one in event.differences if isinstance(one, Difference)
    ]
    assert named in attributes
    assert root.apply(Group("shop"), user).changed == 0
    groups = root.host.execute("id", "-nG", "shop").stdout.split()
    assert {"shop", "adm", "www-data"} <= set(groups)
    assert ("games" in groups) == (named != "exists")


def test_what_a_user_that_is_yet_to_be_made_shall_own_is_foreseen(root: AsRoot) -> None:
    folder = Directory("/srv/shop", mode=0o750, owner="shop", group="shop")
    file = File("/srv/shop/env", "A=1\n", mode=0o640, owner="shop", group="adm")
    key = AuthorizedKey("anna", public_key("anna@laptop"))
    assert root.settles(Group("shop"), SHOP, folder, file, PERSON, key)


def public_key(comment: str, kind: str = "ed25519", letter: str = "A") -> str:
    return f"ssh-{kind} AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 43} {comment}"


def test_key_is_one_of_several_and_theirs(root: AsRoot) -> None:
    other = public_key("other", letter="B")
    root.apply(PERSON, AuthorizedKey("anna", other))
    mine = AuthorizedKey("anna", f"no-pty {public_key('anna@laptop')}")
    assert root.settles(mine)
    file = root.host.root / "home/anna/.ssh/authorized_keys"
    assert file.read_text().splitlines() == [other, mine.key]
    listed = root.host.execute("stat", "--format", "%A %U %G", "/home/anna/.ssh", "/home/anna/.ssh/authorized_keys")
    assert listed.stdout.splitlines() == ["drwx------ anna anna", "-rw------- anna anna"]
    changed = AuthorizedKey("anna", public_key("anna@desk"))
    assert root.settles(changed)
    assert file.read_text().splitlines() == [other, changed.key]
    root.host.execute("chmod", "0644", "/home/anna/.ssh/authorized_keys")
    assert root.settles(changed)


def test_key_lets_its_holder_in(root: AsRoot, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    root.apply(PERSON, AuthorizedKey("anna", (tmp_path / "key.pub").read_text().strip()))
    words = ["-i", str(tmp_path / "key"), "-o", f"UserKnownHostsFile={root.host.known_hosts}", "-o", "BatchMode=yes"]
    words += ["-F", "none", "-o", "IdentitiesOnly=yes", f"anna@{root.host.address}", "id -un"]
    done = subprocess.run(["ssh", *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "anna\n", done.stderr


def test_key_of_nobody_is_a_failure(root: AsRoot) -> None:
    with pytest.raises(Failure, match="there is no user anna"):
        root.apply(AuthorizedKey("anna", public_key("x")))


def test_who_is_not_root_is_told_so(fresh_host: Host) -> None:
    with connected(fresh_host, DEPLOY) as there, pytest.raises(Failure, match="cannot make the group") as refused:
        AsRoot(fresh_host, there).apply(Group("shop"))
    assert "ansible_become" in refused.value.hint


def test_app_s_user_is_made_and_goes_with_the_app(root: AsRoot) -> None:
    ours = AppUser("shop", home="/srv/shop")
    assert root.settles(ours)
    assert passwd(root, "shop")[5:] == ["/srv/shop", "/usr/sbin/nologin"]
    assert root.settles(*ours.undone())
    for database in ("passwd", "group"):
        assert root.host.execute("getent", database, "shop", check=False).returncode != 0


def test_somebody_who_is_there_already_is_left_as_they_are_and_stays(root: AsRoot) -> None:
    root.host.execute("useradd", "--create-home", "shop")
    before = passwd(root, "shop")
    ours = AppUser("shop", home="/srv/shop")
    assert root.applied(ours, *ours.undone()) == []
    assert passwd(root, "shop") == before
