"""Disks that are full, out of inodes or read-only, wherever a deploy meets them: told on one screen, no harm done."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from backline.agent.steps.append_ledger import AppendLedger
from backline.resources.actions.run_command import RunCommand
from backline.resources.failure import Failure
from tests.fleet.as_root import as_root
from tests.fleet.conftest import started
from tests.fleet.kiosk import MANAGE, REQUIREMENTS, Kiosk, furnish, kiosk_on, kiosk_project
from tests.host.deploy.screens import Screen, refused
from tests.host.tiny_wheels import make_wheel
from tests.lab.lab import Wanted

FAILED = 1
STATE, INCOMING = "/srv/kiosk/.backline", "/srv/kiosk/.backline/incoming"
PROGRAMS = "/etc/supervisor/conf.d"
FULL, READ_ONLY = "No space left on device", "Read-only file system"
MAKE_ROOM = "make room on that file system (df -h, df -i) and run this again"
MAKE_WRITABLE = "mount that file system writable and run this again; it is read-only"
MEGABYTE = 1 << 20
LARGE, A_LOT = "large.bin", 3 * MEGABYTE
GREEDY = """\
import sys

if sys.argv[1:2] == ["migrate"]:
    with open("/srv/kiosk/shared/fill", "wb", 0) as file:
        try:
            while file.write(bytes(65536)):
                pass
        except OSError:
            pass
"""
Trouble = Callable[[Kiosk], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Kiosk]:
    with started(Wanted(hosts=1)) as lab, kiosk_on(lab, tmp_path_factory.mktemp("kiosk")) as found:
        make_wheel(found.host.root / "opt/wheels", "fat", files={"fat.bin": "x" * A_LOT})
        yield found


def full(folder: str, left: int = 0) -> Trouble:
    return lambda kiosk: kiosk.filled(folder, left)


def read_only(folder: str) -> Trouble:
    return lambda kiosk: kiosk.read_only(folder)


@contextmanager
def no_inodes(kiosk: Kiosk) -> Generator[None]:
    used = "count=$(df --output=iused /srv | tail -1)"
    kiosk.shell(f"{used}; until mount -o remount,nr_inodes=$count /srv 2>/dev/null; do count=$((count + 1)); done")
    kiosk.shell("while touch /srv/fill.$((count += 1)) 2>/dev/null; do :; done")
    yield
    kiosk.shell("mount -o remount,nr_inodes=20000 /srv && rm -f /srv/fill.*")


@contextmanager
def small_incoming(kiosk: Kiosk) -> Generator[None]:
    """What comes in has a file system of its own, which nobody has asked for room."""
    kiosk.shell(f"mkdir -p {INCOMING} && mount -t tmpfs -o size=1m none {INCOMING}")
    yield
    kiosk.shell(f"umount {INCOMING}")


def something(kiosk: Kiosk) -> None:
    kiosk.another()


def a_lot(kiosk: Kiosk) -> None:
    (kiosk.shop / LARGE).write_bytes(os.urandom(A_LOT))
    kiosk.another()


def a_fat_package(kiosk: Kiosk) -> None:
    kiosk.change("requirements.txt", f"{REQUIREMENTS}fat==1.0\n")


CASES = {
    "for a number": (full("/srv"), something, "push code", f"cannot write {STATE}/highest: {FULL}", MAKE_ROOM),
    "without inodes": (no_inodes, something, "push code", f"cannot write {STATE}/highest: {FULL}", MAKE_ROOM),
    "to build": (
        *(full("/srv", 2 * MEGABYTE), a_fat_package, "build virtualenv", "no room is left on the host"),
        "make room on the host's file systems (df -h, df -i)",
    ),
    "for a program": (full(PROGRAMS), something, "start workers", f"{PROGRAMS}/kiosk-open-r", MAKE_ROOM),
    "read-only": (
        read_only("/srv"),
        something,
        "take stock",
        f"cannot take the lock {STATE}/lock: {READ_ONLY}",
        MAKE_WRITABLE,
    ),
    "read-only programs": (read_only("/etc"), something, "start workers", READ_ONLY, MAKE_WRITABLE),
    "to upload": (full("/srv", MEGABYTE), a_lot, "push code", "3.1 MB are to be sent, and ", MAKE_ROOM),
    "while it is uploaded": (
        small_incoming,
        a_lot,
        "push code",
        f"cannot receive code into {INCOMING}: {FULL}",
        MAKE_ROOM,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_told_and_the_same_deploy_works_when_it_is_over(kiosk: Kiosk, case: str) -> None:
    trouble, change, step, words, hint = CASES[case]
    change(kiosk)
    with kiosk.untouched(), trouble(kiosk):
        screen = refused_deploy(kiosk, step)
    assert words in screen.text
    assert screen.next.splitlines() == [hint, "then:  inv deploy --host h1"]
    assert "could not be undone" not in screen.state
    assert kiosk.project.on_host("deploy").summary["status"] == "deployed"
    (kiosk.shop / LARGE).unlink(missing_ok=True)


def refused_deploy(kiosk: Kiosk, step: str) -> Screen:
    return refused(kiosk.project, "deploy", "--host", "h1", code=FAILED, host="h1", step=step)


@contextmanager
def without_uv(kiosk: Kiosk) -> Generator[None]:
    variables = kiosk.project.folder / "inventory/group_vars/all.yml"
    before = variables.read_text()
    variables.write_text(f"{before}virtualenv_uv: false\n")
    kiosk.shell("mv /usr/local/bin/uv /opt/uv")
    try:
        yield
    finally:
        kiosk.shell("mv /opt/uv /usr/local/bin/uv")
        variables.write_text(before)


def test_pip_without_room_is_told_too_and_leaves_nothing_half_done(kiosk: Kiosk) -> None:
    """Neither for what it unpacks nor for what it installs."""
    kiosk.change("requirements.txt", f"{REQUIREMENTS}fat==1.0\n# by pip\n")
    with without_uv(kiosk):
        kiosk.shell("mount -t tmpfs -o size=4k tmpfs /tmp")
        try:
            with kiosk.untouched(), kiosk.filled("/tmp"), kiosk.filled("/srv", 2 * MEGABYTE):
                screen = refused_deploy(kiosk, "build virtualenv")
        finally:
            kiosk.shell("umount /tmp")
    assert "no room is left on the host" in screen.text
    assert screen.next.splitlines()[0] == "make room on the host's file systems (df -h, df -i)"
    assert kiosk.project.on_host("deploy").summary["hosts"]["h1"]["virtualenv"] == "built"
    assert kiosk.shell("stat -c %s /srv/kiosk/current/.venv/lib/*/site-packages/fat.bin") == f"{A_LOT}\n"


def test_tmpdir_is_where_its_owner_s_commands_write_and_nobody_else_s(kiosk: Kiosk) -> None:
    kiosk.shell("echo TMPDIR=/opt >>/etc/environment")
    with as_root(kiosk.host) as root:
        for user, place in (("", "/opt"), ("kiosk", "")):
            root.there.session.perform(RunCommand(("sh", "-c", f'test "$TMPDIR" = "{place}"'), user=user))
    kiosk.shell("sed -i /TMPDIR/d /etc/environment")


def test_a_migration_that_fills_the_disk_ends_before_anything_is_started(kiosk: Kiosk) -> None:
    """There is no room for the journal, without which nothing is begun."""
    kiosk.change("manage.py", GREEDY)
    with kiosk.untouched():
        screen = refused_deploy(kiosk, "start guard")
        kiosk.shell("rm /srv/kiosk/shared/fill")
    assert f"cannot write {STATE}/journal.room: {FULL}" in screen.text
    assert screen.next.splitlines()[0] == MAKE_ROOM
    assert "serves, untouched" in screen.state
    assert "migrations that were applied stay applied" in screen.state
    kiosk.change("manage.py", MANAGE)
    kiosk.another()
    assert kiosk.project.on_host("deploy").summary["status"] == "deployed"


def test_a_tmp_in_which_nothing_can_be_written_or_run_is_in_nobody_s_way(kiosk: Kiosk) -> None:
    kiosk.change("requirements.txt", f"{REQUIREMENTS}# built anew\n")
    kiosk.shell("mount -t tmpfs -o ro,noexec tmpfs /tmp")
    try:
        summary = kiosk.project.on_host("deploy").summary
    finally:
        kiosk.shell("umount /tmp")
    assert (summary["status"], summary["hosts"]["h1"]["virtualenv"]) == ("deployed", "built")


def test_a_release_that_is_live_stays_so_on_a_full_disk_and_the_missing_entry_is_told(kiosk: Kiosk) -> None:
    ledger = f"{STATE}/ledger.jsonl"
    before = kiosk.shell(f"cat {ledger}")
    kiosk.shell(f"truncate -s $(( ($(stat -c %s {ledger}) / 4096 + 1) * 4096 )) {ledger}")  # to the end of its page
    with kiosk.filled("/srv"):
        done = kiosk.project.inv("deploy", "--host", "h1")
    told = f"warning: h1: the ledger could not be written: cannot write the ledger {ledger}: {FULL}"
    assert told in " ".join((done.out + done.err).split())
    kiosk.shell(f"truncate -s {len(before.encode())} {ledger}")


def test_an_entry_of_the_ledger_is_there_whole_or_not_at_all(kiosk: Kiosk) -> None:
    """A disk takes what it has room for, and says nothing of the rest."""
    ledger = "/srv/kiosk/shared/ledger.jsonl"
    with as_root(kiosk.host) as root:
        root.there.session.perform(AppendLedger(ledger, '{"first": 1}'))
        with kiosk.filled("/srv", 4096), pytest.raises(Failure, match=FULL):
            root.there.session.perform(AppendLedger(ledger, '"' + "x" * 20000 + '"'))
        assert kiosk.shell(f"cat {ledger}") == '{"first": 1}\n'
        root.there.session.perform(AppendLedger(ledger, '{"second": 2}'))
    assert kiosk.shell(f"cat {ledger}; rm {ledger}") == '{"first": 1}\n{"second": 2}\n'


def test_nothing_is_begun_on_a_host_that_is_full_from_the_start(tmp_path: Path) -> None:
    """The very first deploy; and the next ones, with room, are as any. On the oldest Debian that has packages still:
    11, with Python 3.9 and Supervisor 4.2.2."""
    with started(Wanted(hosts=1, release="bullseye")) as lab:
        host = lab.host("h1")
        furnish(host)
        kiosk = Kiosk(host, kiosk_project(tmp_path, (host,)))
        kiosk.shell("mount -t tmpfs -o size=64m tmpfs /srv")
        with kiosk.filled("/srv"):
            screen = refused_deploy(kiosk, "take stock")
        assert f"cannot take the lock {STATE}/lock: {FULL}" in screen.text
        assert screen.state == "nothing was deployed; what served goes on serving"
        assert kiosk.shell("ls /etc/supervisor/conf.d; ls -d /opt/backline 2>/dev/null || true") == ""
        first = kiosk.project.inv("deploy", "--host", "h1")
        assert "Python 3.9.2 as root" in first.out
        assert "r1 is live and proved" in first.out
        again = kiosk.project.on_host("deploy").summary
        assert (again["status"], again["hosts"]["h1"]["changed"]) == ("live", 0)
        kiosk.another()
        assert kiosk.project.on_host("deploy").summary["release"] == "r2"
        assert kiosk.project.on_host("rollback").summary["release"] == "r3"
