"""`inv trust`, and the commands that tell of it: as a person types them, against a real OpenSSH server."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.host.openssh import OpenSSHServer, make_key
from tests.host.terminal import sitting_at

CHECKOUT = Path(__file__).resolve().parents[3]
INV = str(Path(sys.executable).with_name("inv"))


@dataclass
class Desk:
    """A project with one host, and somebody's home."""

    folder: Path

    @property
    def known_hosts(self) -> Path:
        return self.folder / ".ssh/known_hosts"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.folder), "PYTHONPATH": str(CHECKOUT), "SSH_AUTH_SOCK": ""}

    def inv(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Without a terminal."""
        return subprocess.run(
            [INV, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def configure(self, text: str) -> None:
        (self.folder / ".ssh/config").write_text(text)


@pytest.fixture
def desk(tmp_path: Path, openssh_server: OpenSSHServer) -> Desk:
    (tmp_path / "tasks.py").write_text(
        "from backline.commands.collection import commands\n\nnamespace = commands(__file__)\n"
    )
    (tmp_path / "inventory").mkdir()
    own = openssh_server.settings
    (tmp_path / "inventory/hosts.yml").write_text(
        f"all:\n  hosts:\n    web1:\n  vars:\n    ansible_host: 127.0.0.1\n    ansible_port: {own.port}\n"
        f"    ansible_user: {own.user}\n    ansible_ssh_private_key_file: {own.key_file}\n"
        "    backline_rootless: true\n    app_name: shop\n    app_source: .\n"
        "    django_settings_module: shop.settings\n    celery_app: shop\n    web_application: shop.wsgi:application\n"
    )
    (tmp_path / ".ssh").mkdir()
    return Desk(tmp_path)


def fingerprint(server: OpenSSHServer) -> str:
    key = server.directory / "host_key.pub"
    return subprocess.run(["ssh-keygen", "-lf", key], capture_output=True, text=True, check=True).stdout.split()[1]


def test_an_unknown_host_is_refused_and_the_command_that_it_names_accepts_it(
    desk: Desk, openssh_server: OpenSSHServer
) -> None:
    refused = desk.inv("ping")
    assert refused.returncode == 4
    assert "is not known to this machine, so nothing was sent to it" in refused.stderr
    assert fingerprint(openssh_server) in refused.stderr
    assert "inv trust --host web1" in refused.stderr
    assert "nothing was touched" in refused.stderr

    with sitting_at([INV, "trust", "--host", "web1"], desk.folder, desk.environment) as person:
        person.waits_for(b"Type yes")
        person.types(b"yes\r")
        assert person.sees_it_end() == 0
    assert fingerprint(openssh_server).encode() in person.seen
    assert desk.inv("ping").returncode == 0
    again = desk.inv("trust")
    assert (again.returncode, again.stdout) == (0, f"127.0.0.1 port {openssh_server.port} is known already\n")


@pytest.mark.parametrize("no", [b"no\r", b"\x04"], ids=["no", "ctrl-d"])
def test_a_person_may_say_no(desk: Desk, no: bytes) -> None:
    with sitting_at([INV, "trust"], desk.folder, desk.environment) as person:
        person.waits_for(b"Type yes")
        person.types(no)
        assert person.sees_it_end() == 1
        assert b"not accepted" in person.seen
    assert not desk.known_hosts.exists()


def test_scripts_name_the_fingerprint_that_they_expect(desk: Desk, openssh_server: OpenSSHServer) -> None:
    blind = desk.inv("trust", "--yes")
    assert blind.returncode == 2
    assert "accepts no key that nobody has looked at" in blind.stderr
    wrong = desk.inv("trust", "--yes", "--fingerprint", "SHA256:nonsense")
    assert wrong.returncode == 4
    assert "none of the keys that were expected" in wrong.stderr
    assert not desk.known_hosts.exists()
    assert desk.inv("trust").returncode == 2  # nobody is there to be asked

    assert desk.inv("trust", "--yes", "--fingerprint", fingerprint(openssh_server)).returncode == 0
    assert desk.known_hosts.stat().st_mode & 0o777 == 0o600
    assert desk.inv("ping").returncode == 0


def test_names_are_hashed_where_ssh_would_hash_them(desk: Desk, openssh_server: OpenSSHServer) -> None:
    desk.configure("HashKnownHosts yes\n")
    assert desk.inv("trust", "--yes", "--fingerprint", fingerprint(openssh_server)).returncode == 0
    assert "127.0.0.1" not in desk.known_hosts.read_text()
    found = ["ssh-keygen", "-F", f"[127.0.0.1]:{openssh_server.port}", "-f", str(desk.known_hosts)]
    assert subprocess.run(found, capture_output=True, check=False).returncode == 0
    assert desk.inv("ping").returncode == 0


def test_a_changed_key_is_loud_and_replaced_only_when_asked_to(
    desk: Desk, openssh_server: OpenSSHServer, tmp_path: Path
) -> None:
    old = make_key(tmp_path / "old")
    others = f"# mine\ngithub.com {old}[127.0.0.1]:{openssh_server.port} {old}"
    desk.known_hosts.write_text(others)
    refused = desk.inv("ping")
    assert refused.returncode == 4
    assert "HAS CHANGED" in refused.stderr
    assert "inv trust --host web1 --replace" in refused.stderr
    yes = ("--yes", "--fingerprint", fingerprint(openssh_server))
    kept = desk.inv("trust", *yes)
    assert kept.returncode == 4
    assert "another key of" in kept.stderr
    assert desk.known_hosts.read_text() == others

    assert desk.inv("trust", "--replace", *yes).returncode == 0
    assert desk.known_hosts.read_text().startswith(f"# mine\ngithub.com {old}")
    assert desk.known_hosts.with_name("known_hosts.old").read_text() == others
    assert desk.inv("ping").returncode == 0


def test_a_revoked_key_cannot_be_accepted(desk: Desk, openssh_server: OpenSSHServer) -> None:
    desk.known_hosts.write_text(f"@revoked * {(openssh_server.directory / 'host_key.pub').read_text()}")
    refused = desk.inv("trust", "--yes", "--fingerprint", fingerprint(openssh_server))
    assert refused.returncode == 4
    assert "is revoked" in refused.stderr


def test_hosts_on_the_way_are_trusted_first(desk: Desk, openssh_server: OpenSSHServer) -> None:
    own = openssh_server.settings
    desk.configure(
        f"Host gate\n HostName localhost\n Port {own.port}\n User {own.user}\nHost 127.0.0.1\n ProxyJump gate\n"
    )
    refused = desk.inv("ping")
    assert "localhost" in refused.stderr
    assert "inv trust --host web1" in refused.stderr
    assert desk.inv("trust", "--yes", "--fingerprint", fingerprint(openssh_server)).returncode == 0
    assert len(desk.known_hosts.read_text().splitlines()) == 2
    assert desk.inv("ping").returncode == 0


def test_a_passphrase_is_asked_for_at_the_terminal_and_not_shown(
    desk: Desk, openssh_server: OpenSSHServer, tmp_path: Path
) -> None:
    public = make_key(tmp_path / "locked", passphrase="open sesame")
    allowed = openssh_server.directory / "authorized_keys"
    before = allowed.read_text()
    allowed.write_text(before + public)
    hosts = desk.folder / "inventory/hosts.yml"
    hosts.write_text(hosts.read_text().replace(openssh_server.settings.key_file, str(tmp_path / "locked")))
    assert desk.inv("trust", "--yes", "--fingerprint", fingerprint(openssh_server)).returncode == 0
    nobody = desk.inv("ping")
    assert nobody.returncode == 4
    with sitting_at([INV, "ping"], desk.folder, desk.environment) as person:
        person.waits_for(b"passphrase of the key")
        person.types(b"open sesame\r")
        assert person.sees_it_end() == 0
    allowed.write_text(before)
    assert b"open sesame" not in person.seen
    assert b"web1" in person.seen


def test_a_password_that_is_to_be_asked_for_needs_somebody(desk: Desk) -> None:
    refused = subprocess.run(
        ["setsid", INV, "ping", "--ask-pass"],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "ansible_password" in refused.stderr


def test_ctrl_c_instead_of_a_password_leaves_a_terminal_that_echoes(desk: Desk) -> None:
    shell = ["/bin/sh", "-c", 'trap : INT; "$@"; echo "code $?"; stty -a', "sh", INV, "ping", "--ask-pass"]
    with sitting_at(shell, desk.folder, desk.environment) as person:
        person.waits_for(b"password of the login: ")
        person.types(b"\x03")
        assert person.sees_it_end() == 0
    assert b" echo " in person.seen.split(b"code ")[1]
