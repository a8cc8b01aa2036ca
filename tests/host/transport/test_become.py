"""sudo and su as hosts have them: who becomes whom, and what a person is told where they may not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from backline.resources.actions.run_command import RunCommand
from backline.resources.secret import Secret
from tests.host.terminal import sitting_at
from tests.host.transport.agents import refused, session_on
from tests.host.transport.people import PeoplesHost, Person, host_of
from tests.host.transport.test_transport_terminal import terminal_arguments

PASSWORD = Secret("correct horse")
WRONG = Secret("battery staple")
EVERYTHING = "ALL=(ALL:ALL) ALL"
PEOPLE = (
    Person("root", password="root's own"),
    Person("deploy", rights="deploy ALL=(ALL:ALL) NOPASSWD: ALL"),
    Person("asked", PASSWORD.reveal(), rights=f"asked {EVERYTHING}"),
    Person("once", PASSWORD.reveal(), rights=f"once {EVERYTHING}\nDefaults:once passwd_tries=1"),
    Person("lectured", PASSWORD.reveal(), rights=f"lectured {EVERYTHING}\nDefaults:lectured lecture=always"),
    Person("stranger", PASSWORD.reveal()),
    Person("limited", PASSWORD.reveal(), rights="limited ALL=(root) /usr/bin/id"),
    Person("halfway", rights="halfway ALL=(root) NOPASSWD: /usr/bin/id, /usr/sbin/service nginx reload"),
    Person("terminal", rights="terminal ALL=(ALL) NOPASSWD: ALL\nDefaults:terminal requiretty"),
    Person("nopty", rights="nopty ALL=(ALL) NOPASSWD: ALL\nDefaults:nopty !use_pty"),
    Person("german", PASSWORD.reveal(), rights=f"german {EVERYTHING}", files={".bashrc": "export LANG=de_DE.UTF-8\n"}),
    Person("app", shell="/usr/sbin/nologin"),
)


@pytest.fixture(scope="module")
def host() -> Generator[PeoplesHost]:
    with host_of(PEOPLE) as host:
        yield host


@pytest.mark.parametrize("name", ["deploy", "nopty"])
def test_sudo_without_a_password_makes_the_agent_root(host: PeoplesHost, name: str) -> None:
    with session_on(host.as_(name, become=True)) as session:
        assert (session.facts.user, session.facts.uid, session.facts.home) == ("root", 0, str(host.home("root")))


@pytest.mark.parametrize("name", ["asked", "once", "lectured", "german"])
def test_sudo_is_given_the_password_that_it_asks_for(host: PeoplesHost, name: str) -> None:
    with session_on(host.as_(name, become=True, become_password=PASSWORD)) as session:
        assert session.facts.uid == 0


def test_a_password_that_nobody_asks_for_goes_nowhere(host: PeoplesHost) -> None:
    with session_on(host.as_("deploy", become=True, become_password=PASSWORD)) as session:
        assert session.facts.uid == 0
        assert (
            session.perform(RunCommand(("/bin/true",))) is None
        )  # it would fail, had the agent read more than we sent


def test_the_password_stands_in_no_argument_and_no_environment(host: PeoplesHost) -> None:
    look = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c 'correct [h]orse' | grep -x 0"
    with session_on(host.as_("asked", become=True, become_password=PASSWORD)) as session:
        assert session.perform(RunCommand(("/bin/sh", "-c", look))) is None  # it fails where the words are found


def test_another_user_than_root_may_be_meant(host: PeoplesHost) -> None:
    with session_on(host.as_("deploy", become=True, become_user="app")) as session:
        assert (session.facts.user, session.facts.home) == ("app", str(host.home("app")))


def test_su_is_given_the_password_of_whom_one_becomes(host: PeoplesHost) -> None:
    settings = host.as_("stranger", become=True, become_method="su", become_password=Secret("root's own"))
    with session_on(settings) as session:
        assert (session.facts.user, session.facts.home) == ("root", str(host.home("root")))


def test_root_by_su_becomes_a_user_that_has_no_shell(host: PeoplesHost) -> None:
    with session_on(host.as_("root", become=True, become_method="su", become_user="app")) as session:
        assert session.facts.user == "app"


def test_root_who_logs_in_needs_no_sudo(host: PeoplesHost) -> None:
    with session_on(host.as_("root", become=True)) as session:
        assert session.facts.uid == 0
    assert "sudo" not in host.server.log()


def test_without_become_nobody_is_become(host: PeoplesHost) -> None:
    with session_on(host.as_("deploy")) as session:
        assert session.facts.user == "deploy"


def test_a_person_at_a_terminal_is_asked_by_sudo_itself(host: PeoplesHost) -> None:
    settings = host.as_("asked", become=True)
    with sitting_at(terminal_arguments(settings, "id -un; tty >/dev/null && exit 7")) as person:
        person.waits_for(b"password for asked")
        person.types(f"{PASSWORD.reveal()}\r".encode())
        person.waits_for(b"root")
        assert person.sees_it_end() == 7


def test_without_a_terminal_sudo_asks_nobody(host: PeoplesHost) -> None:
    line = terminal_arguments(host.as_("deploy", become=True, become_user="app"), "id -un; exit 3")
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("app\n", 3)


@pytest.mark.parametrize(
    ("name", "password", "cause", "proof", "hint"),
    [
        ("asked", None, "sudo asks asked for a password", "a password is required", "--ask-become-pass"),
        ("asked", WRONG, "sudo does not take the password of asked", "Sorry, try again", "ansible_become_password"),
        ("once", WRONG, "sudo does not take the password of once", "1 incorrect password attempt", "ansible_become"),
        ("german", WRONG, "sudo does not take the password of german", "try again", "ansible_become_password"),
        ("stranger", PASSWORD, "stranger has no right to sudo", "not in the sudoers file", "usermod -aG sudo stranger"),
        ("limited", PASSWORD, "sudo lets limited run some commands only", "not allowed to execute", "ALL=(root) ALL"),
        ("halfway", None, "sudo lets halfway run some commands only", "NOPASSWD: /usr/bin/id", "NOPASSWD: ALL"),
        ("terminal", None, "sudo there wants a terminal", "must have a tty", "Defaults:terminal !requiretty"),
        ("terminal", PASSWORD, "sudo there wants a terminal", "must have a tty", "Defaults:terminal !requiretty"),
    ],
)
def test_a_refusal_of_sudo_says_what_to_do(
    host: PeoplesHost, name: str, password: Secret | None, cause: str, proof: str, hint: str
) -> None:
    failure = refused(host.as_(name, become=True, become_password=password))
    assert cause in failure.cause
    assert proof in "\n".join(failure.lines)
    assert hint in failure.hint
    assert PASSWORD.reveal() not in f"{failure.cause} {failure.lines} {failure.hint}"


@pytest.mark.parametrize("method", ["sudo", "su"])
def test_a_user_who_is_not_there_is_named(host: PeoplesHost, method: str) -> None:
    failure = refused(host.as_("deploy", become=True, become_method=method, become_user="nobody-at-all"))
    assert failure.cause == "there is no user nobody-at-all to become"


def test_a_wrong_password_for_su_says_whose_it_must_be(host: PeoplesHost) -> None:
    failure = refused(host.as_("stranger", become=True, become_method="su", become_password=WRONG))
    assert failure.cause == "su does not take the password of root"
    assert "that of root, not of stranger" in failure.hint


def test_a_host_without_sudo_is_told_as_such(tmp_path: Path) -> None:
    for name in ("env", "sh", "python3"):
        (tmp_path / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or name)
    with host_of([Person("root")], sshd=f"SetEnv PATH={tmp_path}\n") as host:
        failure = refused(host.as_("root", become=True, become_user="app"))
    assert failure.cause == "there is no sudo on the host"
    assert "ansible_become_method: su" in failure.hint
