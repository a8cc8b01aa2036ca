"""Hosts as they are: every login shell that people have, whatever its files print, and sshd's own limits."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from backline.resources.actions.run_command import RunCommand
from backline.transport.become import becomes
from tests.conftest import SYSTEM_PATH
from tests.host.openssh import OpenSSHServer, start_openssh
from tests.host.transport.agents import refused, session_on, start_of
from tests.host.transport.people import PeoplesHost, Person, host_of

SHELLS = ("sh", "bash", "dash", "zsh", "fish", "csh", "tcsh")
TALK = "echo welcome to this host; echo mind the gap >&2\n"
TALKATIVE = {
    ".bashrc": TALK,
    ".zshenv": TALK,
    ".cshrc": "echo welcome; echo mind the gap\n",
    ".config/fish/config.fish": TALK,
}


def path_of(shell: str) -> str:
    return shutil.which(shell, path=SYSTEM_PATH) or f"/bin/{shell}"


PEOPLE = (
    *(Person(f"of-{shell}", shell=path_of(shell), rights=f"of-{shell} ALL=(ALL) NOPASSWD: ALL") for shell in SHELLS),
    *(Person(f"loud-{shell}", shell=path_of(shell), files=TALKATIVE) for shell in ("bash", "zsh", "fish", "csh")),
    Person("secretive", files={".bashrc": "umask 077\n"}),
    Person("plain", files={".bashrc": "unset LANG LC_ALL\n"}),
    Person("traditional", files={".bashrc": "export LANG=C LC_ALL=C\n"}),
    Person("chatty", files={".bashrc": f"yes {'chatter ' * 20} | head -c 300000\n"}),
    Person("closed", shell="/usr/sbin/nologin"),
    Person("broken", files={".bashrc": "echo this account is out of order; exit 3\n"}),
)


@pytest.fixture(scope="module")
def host() -> Generator[PeoplesHost]:
    with host_of(PEOPLE) as host:
        yield host


@pytest.mark.parametrize("become", [False, True], ids=["as oneself", "as root"])
@pytest.mark.parametrize("shell", [pytest.param(shell, marks=pytest.mark.needs(shell)) for shell in SHELLS])
def test_every_login_shell_starts_the_agent(host: PeoplesHost, shell: str, become: bool) -> None:
    settings = host.as_(f"of-{shell}", become=become)
    with session_on(settings) as session:
        assert session.facts.user == ("root" if becomes(settings) else f"of-{shell}")


@pytest.mark.parametrize("shell", [pytest.param(shell, marks=pytest.mark.needs(shell)) for shell in SHELLS])
def test_every_login_shell_searches_for_a_python(host: PeoplesHost, shell: str, tmp_path: Path) -> None:
    session = start_of(host.as_(f"of-{shell}", become=True), tmp_path / "cache").found()
    session.close()
    assert session.facts.uid == 0


@pytest.mark.parametrize(
    "name", [pytest.param(f"loud-{shell}", marks=pytest.mark.needs(shell)) for shell in ("bash", "zsh", "fish", "csh")]
)
def test_what_a_shell_prints_at_its_start_is_passed_over(host: PeoplesHost, name: str) -> None:
    with session_on(host.as_(name)) as session:
        assert session.facts.user == name


@pytest.mark.parametrize("name", ["secretive", "plain", "traditional", "chatty"])
def test_umask_locale_and_a_flood_change_nothing(host: PeoplesHost, name: str) -> None:
    with session_on(host.as_(name)) as session:
        assert session.perform(RunCommand(("/bin/true",))) is None


def test_an_account_without_a_shell_is_told_in_its_own_words(host: PeoplesHost) -> None:
    assert any("not available" in line for line in refused(host.as_("closed")).lines)


def test_what_a_shell_said_before_it_left_is_told(host: PeoplesHost) -> None:
    failure = refused(host.as_("broken"))
    assert "this account is out of order" in failure.lines
    assert "exit code 3" in failure.cause


@pytest.mark.parametrize(
    "sshd", ["MaxSessions 1\n", "AllowTcpForwarding no\n", "Banner /etc/debian_version\n", "PrintMotd yes\n"]
)
def test_a_cautious_sshd_is_enough(tmp_path: Path, sshd: str) -> None:
    server = start_openssh(tmp_path, sshd)
    try:
        with session_on(server.settings) as session:
            assert session.facts.user == server.settings.user
    finally:
        server.stop()


def test_a_hop_that_forwards_nothing_is_told_as_such(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    hop = start_openssh(tmp_path, "AllowTcpForwarding no\n")
    try:
        known = tmp_path / "both"
        known.write_text(
            (openssh_server.directory / "known_hosts").read_text() + (tmp_path / "known_hosts").read_text()
        )
        failure = refused(
            openssh_server.changed(
                known_hosts_file=str(known), key_file=hop.settings.key_file, proxy_jump=f"127.0.0.1:{hop.port}"
            )
        )
    finally:
        hop.stop()
    assert "it forwards no connections" in failure.cause
    assert "AllowTcpForwarding" in failure.hint
