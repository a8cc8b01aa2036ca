"""Real servers that do not let a deploy in: one screen, exit code 4, what to type next; and nothing is left there."""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fleet.conftest import started
from tests.fleet.connecting import DEPLOY, lab_project
from tests.fleet.unchanged import has_come_up, unchanged
from tests.host.deploy.cutting import eventually
from tests.host.deploy.project import Project
from tests.host.deploy.screens import Screen, refused
from tests.host.openssh import make_key
from tests.lab.accounts import PASSWORD
from tests.lab.host import Host
from tests.lab.lab import Wanted

UNREACHABLE = 4
NOBODYS_PORT, CROWDED_PORT = 23, 2222
Variables = dict[str, object]


@pytest.fixture(scope="module")
def host() -> Generator[Host]:
    with started(Wanted(hosts=1)) as lab:
        yield lab.host("h1")


def project_of(host: Host, folder: Path, user: str = DEPLOY, /, **variables: object) -> Project:
    (folder / "project").mkdir()
    usual = {"backline_unreachable_hint": "", "ansible_ssh_timeout": 2}
    return lab_project(folder / "project", [host], user, **{**usual, **variables})


def turned_away(host: Host, project: Project) -> Screen:
    """`inv deploy` that does not get in, and of which nothing is left."""
    with unchanged(host):
        screen = refused(project, "deploy", code=UNREACHABLE, host="h1", step="connect")
    assert screen.state == "nothing was touched"
    assert screen.next.splitlines()[-1].endswith(("inv deploy", "inv trust --host h1", "--replace"))
    return screen


def test_a_daemon_that_still_starts_is_waited_for_before_anything_is_compared(host: Host) -> None:
    host.execute("/etc/init.d/supervisor", "stop")
    eventually(lambda: not (host.root / "run/supervisord.pid").exists())
    with ThreadPoolExecutor(1) as beside:
        start = beside.submit(host.execute, "/etc/init.d/supervisor", "start")
        with unchanged(host):
            start.result()
            assert has_come_up(host)


@dataclass(frozen=True)
class Trouble:
    """What is wrong, as variables of the host, and what is said of it."""

    variables: Callable[[Host, Path], Variables]
    cause: str
    hint: str


def other_key(host: Host, folder: Path) -> Variables:
    make_key(folder / "stranger")
    return {"ansible_ssh_private_key_file": str(folder / "stranger")}


def known(line: Callable[[Host, Path], str]) -> Callable[[Host, Path], Variables]:
    """Another known_hosts, with what `line` gives."""

    def variables(host: Host, folder: Path) -> Variables:
        (folder / "known_hosts").write_text(line(host, folder))
        return {"ansible_ssh_common_args": f"-o UserKnownHostsFile={folder / 'known_hosts'}"}

    return variables


def changed_key(host: Host, folder: Path) -> str:
    return f"{host.address} {make_key(folder / 'other')}"


def revoked_key(host: Host, folder: Path) -> str:
    lines = host.known_hosts.read_text().splitlines()
    return "".join(f"{line}\n@revoked {line}\n" for line in lines)


TROUBLES = {
    "refused": Trouble(
        lambda host, folder: {"ansible_port": NOBODYS_PORT}, "refused the connection", "is sshd running there"
    ),
    "no route": Trouble(
        lambda host, folder: {"ansible_host": f"{host.address.rpartition('.')[0]}.250", "ansible_ssh_timeout": 10},
        "there is no route to",
        "nc -vz",
    ),
    "unknown name": Trouble(
        lambda host, folder: {"ansible_host": "web1.invalid"}, "web1.invalid is not known", "ansible_host"
    ),
    "wrong key": Trouble(other_key, "did not let deploy in: it refused", "ssh-copy-id -i"),
    "wrong password": Trouble(
        lambda host, folder: {"ansible_ssh_private_key_file": "", "ansible_password": f"not {PASSWORD}"},
        "did not let deploy in",
        "correct the password",
    ),
    "key unknown": Trouble(known(lambda host, folder: ""), "is not known", "inv trust --host h1"),
    "key changed": Trouble(known(changed_key), "HAS CHANGED", "inv trust --host h1 --replace"),
    "key revoked": Trouble(known(revoked_key), "revoked", "ask whoever revoked it"),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_nobody_is_let_in(host: Host, tmp_path: Path, trouble: Trouble) -> None:
    screen = turned_away(host, project_of(host, tmp_path, DEPLOY, **trouble.variables(host, tmp_path)))
    assert trouble.cause in screen.text
    assert trouble.hint in screen.next
    assert f"not {PASSWORD}" not in screen.text


def test_a_line_that_is_cut_answers_nothing(host: Host, tmp_path: Path) -> None:
    project = project_of(host, tmp_path)
    host.cut()
    try:
        screen = turned_away(host, project)
    finally:
        host.heal()
    assert f"{host.address} port 22 did not answer within 2 seconds" in screen.text


def test_a_crowd_at_the_door_is_told_as_such(host: Host, tmp_path: Path) -> None:
    project = project_of(host, tmp_path, ansible_port=CROWDED_PORT)
    with crowded(host):
        screen = turned_away(host, project)
    assert "hung up before it said who it is, time after time" in screen.text
    assert "MaxStartups" in screen.next


@contextmanager
def crowded(host: Host) -> Iterator[None]:
    """Another sshd there lets one at a time log in, and one is at it and does nothing."""
    host.execute("sh", "-c", f"/usr/sbin/sshd -p {CROWDED_PORT} -o MaxStartups=1 -o PidFile=/run/crowded.pid")
    with socket.create_connection((host.address, CROWDED_PORT)) as somebody:
        assert somebody.recv(4) == b"SSH-"
        yield
    host.execute("sh", "-c", "kill $(cat /run/crowded.pid)")


# who gets in, and may not become root there


@pytest.mark.parametrize(
    ("user", "password", "cause", "hint"),
    [
        ("sudo-password", None, "sudo asks sudo-password for a password", "--ask-become-pass"),
        ("sudo-password", "wrong", "sudo does not take the password of sudo-password", "ansible_become_password"),
        ("no-sudo", PASSWORD, "no-sudo has no right to sudo", "usermod -aG sudo no-sudo"),
        ("sudo-limited", None, "sudo lets sudo-limited run some commands only", "NOPASSWD: ALL"),
        ("sudo-to-deploy", PASSWORD, "sudo lets sudo-to-deploy run some commands only", "ALL=(root) ALL"),
        ("sudo-tty", None, "sudo there wants a terminal", "!requiretty"),
    ],
)
def test_nobody_becomes_root_who_may_not(
    host: Host, tmp_path: Path, user: str, password: str | None, cause: str, hint: str
) -> None:
    more: Variables = {"ansible_become": True, **({"ansible_become_password": password} if password else {})}
    screen = turned_away(host, project_of(host, tmp_path, user, **more))
    assert cause in screen.text
    assert hint in screen.next


def test_su_with_a_wrong_password_is_told_as_such(host: Host, tmp_path: Path) -> None:
    more = {"ansible_become": True, "ansible_become_method": "su", "ansible_become_password": "wrong"}
    screen = turned_away(host, project_of(host, tmp_path, "no-sudo", **more))
    assert "su does not take the password of root" in screen.text


@pytest.mark.parametrize(
    ("user", "method", "password", "becomes"),
    [
        ("sudo-password", "sudo", PASSWORD, "root"),
        ("sudo-to-deploy", "sudo", "", DEPLOY),
        ("no-sudo", "su", PASSWORD, "root"),
        ("shell-csh", "su", PASSWORD, "root"),
    ],
)
def test_who_may_become_somebody_does(
    host: Host, tmp_path: Path, user: str, method: str, password: str, becomes: str
) -> None:
    """By Debian's own sudo, with its `Defaults use_pty` and secure_path."""
    sudoers = host.execute("cat", "/etc/sudoers").stdout
    assert "\nDefaults\tuse_pty" in sudoers
    assert "\nDefaults\tsecure_path=" in sudoers
    more = {"ansible_become": True, "ansible_become_method": method, "ansible_become_user": becomes}
    secret = {"ansible_become_password": password} if password else {}
    with unchanged(host):
        told = project_of(host, tmp_path, user, **more, **secret).inv("ping").out
    assert f"{becomes}@h1" in told
