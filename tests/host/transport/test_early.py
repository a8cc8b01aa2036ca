"""Connections that are begun early: gone on with by whoever logs in, and never more than a key exchange before."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from backline.resources.failure import Unreachable
from backline.settings.connection import ConnectionSettings
from backline.transport.access import Access
from backline.transport.dialling import Dialling
from backline.transport.host_keys import UnknownHostKey
from backline.transport.ssh import open_ssh
from tests.host.openssh import OpenSSHServer, free_port
from tests.host.transport.relay import Relay, relayed

DEADLINE = 120.0


@pytest.fixture
def relay(openssh_server: OpenSSHServer) -> Generator[Relay]:
    with relayed(openssh_server.port) as relay:
        yield relay


@pytest.fixture
def settings(relay: Relay, openssh_server: OpenSSHServer) -> ConnectionSettings:
    """The server by the relay, which counts connections; known by its own name."""
    return openssh_server.changed(port=relay.port, host_key_alias=f"[127.0.0.1]:{openssh_server.port}")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def let_in(settings: ConnectionSettings, access: Access) -> None:
    stream = open_ssh(settings, "exec cat", access, b"first words")
    assert stream.read(11) == b"first words"
    stream.close()


@pytest.mark.parametrize("one_flight", [True, False])
def test_a_login_goes_on_with_what_was_begun_once(relay: Relay, settings: ConnectionSettings, one_flight: bool) -> None:
    access = Access()
    for _ in range(3):
        access.greet(settings)
    let_in(replace(settings, one_flight=one_flight), access)
    assert relay.connections == 1
    let_in(settings, access)
    assert relay.connections == 2


def test_a_login_goes_on_with_the_line_that_was_dialled(relay: Relay, settings: ConnectionSettings) -> None:
    dialling = Dialling()
    for _ in range(2):
        dialling.dial(settings)
    wait_for(lambda: relay.connections == 1)
    access = Access(dialling=dialling)
    access.greet(settings)
    let_in(settings, access)
    assert relay.connections == 1


def test_nothing_is_dialled_where_only_ssh_knows_the_way(
    relay: Relay, settings: ConnectionSettings, tmp_path: Path
) -> None:
    configuration = tmp_path / "config"
    configuration.write_text("Host elsewhere\n  Port 2200\n")
    dialling = Dialling()
    for other in (
        replace(settings, proxy_jump="jump"),
        replace(settings, proxy_command="nc %h %p"),
        replace(settings, configuration=str(configuration)),
        replace(settings, connection="local"),
    ):
        dialling.dial(other)
    line = dialling.line(settings.host, settings.port, DEADLINE)
    wait_for(lambda: relay.connections > 0)
    assert relay.connections == 1
    line.close()


def test_nobody_logs_in_before_somebody_wants_to(openssh_server: OpenSSHServer, settings: ConnectionSettings) -> None:
    access = Access()
    logins = openssh_server.log().count("Accepted")
    access.greet(settings)
    begun = access.early.take(access.destination(settings))
    assert begun is not None
    begun.transport.start_client(timeout=DEADLINE)
    assert begun.transport.get_remote_server_key().get_name() == "ssh-ed25519"
    assert not begun.transport.is_authenticated()
    begun.line.close()
    assert openssh_server.log().count("Accepted") == logins


def test_what_has_ended_meanwhile_is_connected_anew(
    relay: Relay, settings: ConnectionSettings, openssh_server: OpenSSHServer
) -> None:
    access = Access()
    access.greet(settings)
    (coming,) = access.early._begun.values()
    coming.result().transport.start_client(timeout=DEADLINE)
    openssh_server.kill_sessions()
    wait_for(lambda: not coming.result().transport.is_active())
    let_in(settings, access)
    assert relay.connections == 2


def test_a_host_that_cannot_be_reached_is_told_when_it_counts(openssh_server: OpenSSHServer) -> None:
    dialling, nothing = Dialling(), openssh_server.changed(port=free_port(), unreachable_hint="inv sandbox.up")
    access = Access(dialling=dialling)
    dialling.dial(nothing)
    access.greet(nothing)
    with pytest.raises(Unreachable, match="refused the connection") as caught:
        open_ssh(nothing, "true", access)
    assert caught.value.hint == "inv sandbox.up"


def test_an_unknown_host_is_refused_as_ever(settings: ConnectionSettings, tmp_path: Path) -> None:
    access, unknown = Access(), replace(settings, known_hosts_file=str(tmp_path / "none"))
    access.greet(unknown)
    with pytest.raises(UnknownHostKey):
        open_ssh(unknown, f"touch {tmp_path}/ran", access)
    assert not (tmp_path / "ran").exists()


def test_no_hop_is_gone_through_early(relay: Relay, settings: ConnectionSettings) -> None:
    access, behind = Access(), replace(settings, proxy_jump=f"127.0.0.1:{relay.port}")
    access.greet(behind)
    assert access.early.take(access.destination(behind)) is None
    assert relay.connections == 0


def test_what_goes_wrong_early_says_nothing_by_itself() -> None:
    """In a Python of its own: others have told Paramiko's log to be silent by now."""
    program = (
        "import socket\n"
        "from backline.settings.connection import ConnectionSettings\n"
        "from backline.transport.access import Access\n"
        "access = Access()\n"
        "with socket.create_server(('127.0.0.1', 0)) as rude:\n"
        "    port = rude.getsockname()[1]\n"
        "    settings = ConnectionSettings('ssh', '127.0.0.1', port, 'anna', configuration='none')\n"
        "    access.greet(settings)\n"
        "    rude.accept()[0].close()\n"
        "    (coming,) = access.early._begun.values()\n"
        "    coming.result().transport.join()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
