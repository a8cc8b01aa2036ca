"""Who may come into the sandbox: one user with one key, and no further than its commands and files."""

from __future__ import annotations

import paramiko
import pytest

from backline.commands.sandbox.keys import ensure_key
from backline.settings.connection import ConnectionSettings
from backline.transport.flight import Flight
from backline.transport.ssh import open_ssh
from tests.host.sandbox.conftest import RunningSandbox


def test_another_key_is_refused(running: RunningSandbox) -> None:
    stranger = ensure_key(running.root / "stranger")
    with running.transport() as transport, pytest.raises(paramiko.AuthenticationException):
        transport.auth_publickey(running.status.user, stranger)


def test_nothing_is_sent_ahead_to_a_server_that_is_not_openssh(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Flight, "leave")
    location, status = running.location, running.status
    settings = ConnectionSettings(
        connection="ssh",
        host="127.0.0.1",
        port=status.ssh_port,
        user=status.user,
        key_file=str(location.client_key),
        known_hosts_file=str(location.known_hosts),
        configuration="none",
    )
    stream = open_ssh(settings, "exec cat", first=b"first words")
    assert stream.read(11) == b"first words"
    stream.close()


def test_another_user_is_refused(running: RunningSandbox) -> None:
    with running.transport() as transport, pytest.raises(paramiko.AuthenticationException):
        transport.auth_publickey("somebody-else", running.key)


def test_passwords_are_not_even_asked_for(running: RunningSandbox) -> None:
    with running.transport() as transport, pytest.raises(paramiko.BadAuthenticationType) as refusal:
        transport.auth_password(running.status.user, "secret", fallback=False)
    assert refusal.value.allowed_types == ["publickey"]


def test_nobody_comes_in_without_anything(running: RunningSandbox) -> None:
    with running.transport() as transport, pytest.raises(paramiko.BadAuthenticationType):
        transport.auth_none(running.status.user)


def test_the_host_key_is_the_one_in_known_hosts(running: RunningSandbox) -> None:
    known = paramiko.HostKeys(str(running.location.known_hosts))
    with running.transport() as transport:
        assert known.check(f"[127.0.0.1]:{running.status.ssh_port}", transport.get_remote_server_key())


def test_no_port_is_forwarded(running: RunningSandbox) -> None:
    with running.login() as transport:
        with pytest.raises(paramiko.ChannelException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", running.status.ssh_port), ("127.0.0.1", 1))
        with pytest.raises(paramiko.SSHException):
            transport.request_port_forward("127.0.0.1", 0)


def test_other_users_of_the_machine_see_nothing(running: RunningSandbox) -> None:
    assert running.root.stat().st_mode & 0o777 == 0o700
    assert running.location.own_directory.stat().st_mode & 0o777 == 0o700
    assert running.location.client_key.stat().st_mode & 0o777 == 0o600
    assert running.location.host_key.stat().st_mode & 0o777 == 0o600
