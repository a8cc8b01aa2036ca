"""The one flight, each of its assumptions against a real OpenSSH server, and the plain way where one does not hold."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko
import pytest

from backline.resources.failure import Unreachable
from backline.settings.connection import ConnectionSettings
from backline.transport import flight
from backline.transport.flight import Flight
from backline.transport.ssh import open_ssh
from backline.transport.stream import Stream
from tests.host.openssh import OpenSSHServer, make_key, start_openssh
from tests.host.transport.relay import Relay, relayed

WINDOW = 2 * 1024 * 1024
"""Bytes that OpenSSH takes before the command reads."""
DEADLINE = 120.0
FIRST = os.urandom(flight.MOST + 1000)
"""More than flies along."""


@pytest.fixture
def flown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each flight of the test ended that left: `refused` or unheard, `lost`, `landed`."""
    ends: list[str] = []
    leave, landed = Flight.leave, Flight.landed

    def watched(one: Flight, transport: paramiko.Transport, user: str, key: paramiko.PKey) -> Sequence[str]:
        ends.append("refused")
        return leave(one, transport, user, key)

    def watched_landing(one: Flight) -> paramiko.Channel | None:
        ends[-1:] = ["lost"] if one._channel is not None else ends[-1:]
        channel = landed(one)
        ends[-1:] = ["landed"] if channel is not None else ends[-1:]
        return channel

    monkeypatch.setattr(Flight, "leave", watched)
    monkeypatch.setattr(Flight, "landed", watched_landing)
    return ends


@pytest.fixture
def relay(openssh_server: OpenSSHServer) -> Generator[Relay]:
    with relayed(openssh_server.port) as relay:
        yield relay


def through(relay: Relay, server: OpenSSHServer) -> ConnectionSettings:
    """The server by this line, known by its own name."""
    return server.changed(port=relay.port, host_key_alias=f"[127.0.0.1]:{server.port}")


def echoed(stream: Stream, size: int) -> bytes:
    found = bytearray()
    while len(found) < size and (data := stream.read(size - len(found))):
        found += data
    return bytes(found)


def echoes(settings: ConnectionSettings) -> None:
    """A command there gets its first input, exactly, and what comes later."""
    stream = open_ssh(settings, "exec cat", first=FIRST)
    assert echoed(stream, len(FIRST)) == FIRST
    stream.write(b"and more")
    assert echoed(stream, 8) == b"and more"
    stream.close()


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether it came to be so before we gave up."""
    deadline = time.monotonic() + DEADLINE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_the_command_has_its_input_before_the_server_has_said_a_word(
    openssh_server: OpenSSHServer, relay: Relay, tmp_path: Path, flown: list[str]
) -> None:
    came = tmp_path / "came"
    relay.speaks.clear()
    with ThreadPoolExecutor() as pool:
        opened = pool.submit(open_ssh, through(relay, openssh_server), f"exec cat >{came}", None, b"first words")
        heard = wait_for(lambda: came.exists() and came.read_bytes() == b"first words")
        answered = opened.done()
        relay.speaks.set()
        opened.result().close()
    assert heard
    assert not answered
    assert flown == ["landed"]
    assert relay.connections == 1


def test_input_that_nobody_reads_yet_fits_into_the_window_to_the_byte(
    openssh_server: OpenSSHServer, tmp_path: Path, flown: list[str]
) -> None:
    """sshd drops what exceeds its window, and says so nowhere but in its own log."""
    content, go = os.urandom(3 * WINDOW), tmp_path / "go"
    command = f"until [ -e {go} ]; do sleep 0.02; done; head -c {len(content)} | sha256sum"
    stream = open_ssh(openssh_server.settings, command, first=content[: len(FIRST)])
    with ThreadPoolExecutor() as pool:
        written = pool.submit(stream.write, content[len(FIRST) :])
        assert wait_for(lambda: stream._channel.out_window_size == 0)
        go.touch()
        assert echoed(stream, 64).decode() == hashlib.sha256(content).hexdigest()
        written.result()
    stream.close()
    assert flown == ["landed"]
    assert "rcvd too much data" not in openssh_server.log()


def test_a_refused_key_takes_the_flight_with_it_and_the_next_goes_plainly(
    openssh_server: OpenSSHServer, tmp_path: Path, flown: list[str]
) -> None:
    make_key(tmp_path / "stranger")
    configuration = tmp_path / "config"
    configuration.write_text(f"IdentityFile {openssh_server.settings.key_file}\n")
    echoes(openssh_server.changed(key_file=str(tmp_path / "stranger"), configuration=str(configuration)))
    assert flown == ["refused"]


def test_nothing_flies_to_a_host_that_is_not_known(
    openssh_server: OpenSSHServer, tmp_path: Path, flown: list[str]
) -> None:
    settings = openssh_server.changed(known_hosts_file=str(tmp_path / "none"))
    with pytest.raises(Unreachable, match="is not known to this machine"):
        open_ssh(settings, f"touch {tmp_path}/ran")
    assert flown == []
    assert not (tmp_path / "ran").exists()


def test_switched_off_nothing_flies(openssh_server: OpenSSHServer, flown: list[str]) -> None:
    echoes(openssh_server.changed(one_flight=False))
    assert flown == []


def test_a_missing_command_is_told_as_ever(openssh_server: OpenSSHServer, flown: list[str]) -> None:
    stream = open_ssh(openssh_server.settings, "exec no-such-python -c pass", first=FIRST)
    assert stream.read(100) == b""
    assert stream.exit_code() == 127
    assert "not found" in stream.error_output()
    stream.close()
    assert flown == ["landed"]


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_every_kind_fly_or_go_plainly(openssh_server: OpenSSHServer, tmp_path: Path, kind: str) -> None:
    allowed = openssh_server.directory / "authorized_keys"
    before = allowed.read_text()
    allowed.write_text(before + make_key(tmp_path / kind, kind))
    echoes(openssh_server.changed(key_file=str(tmp_path / kind)))
    allowed.write_text(before)


def test_it_flies_through_a_jump_host(openssh_server: OpenSSHServer, flown: list[str]) -> None:
    hop = f"{openssh_server.settings.user}@127.0.0.1:{openssh_server.port}"
    echoes(openssh_server.changed(proxy_jump=hop))
    assert flown == ["landed"]


@pytest.mark.parametrize(("limit", "end"), [("MaxSessions 1", "landed"), ("MaxSessions 0", "lost")])
def test_a_server_with_few_sessions(tmp_path: Path, flown: list[str], limit: str, end: str) -> None:
    server = start_openssh(tmp_path, f"{limit}\n")
    try:
        if end == "landed":
            echoes(server.settings)
        else:
            with pytest.raises(Unreachable, match="no channel was opened"):
                open_ssh(server.settings, "true", first=FIRST)
    finally:
        server.stop()
    assert [fate == "landed" for fate in flown] == [end == "landed"]


def test_a_wrong_guess_of_the_channel_ends_in_the_plain_way(
    openssh_server: OpenSSHServer, flown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight, "FIRST_CHANNEL", 77)
    echoes(openssh_server.settings)
    assert flown in (["refused"], ["lost"])  # sshd hangs up before its yes to the key was read, or after
    assert "unknown channel 77" in openssh_server.log()


def test_a_server_that_hangs_up_on_it_is_connected_to_once_more(
    openssh_server: OpenSSHServer, relay: Relay, flown: list[str]
) -> None:
    relay.cuts_first = True
    echoes(through(relay, openssh_server))
    assert flown == ["refused"]
    assert relay.connections == 2


def test_another_paramiko_flies_not(
    openssh_server: OpenSSHServer, flown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight, "NAMES", (*flight.NAMES, (paramiko.Transport, ("_renamed",))))
    echoes(openssh_server.settings)
    assert flown == []


def test_another_release_of_openssh_is_sent_nothing_ahead(
    openssh_server: OpenSSHServer, flown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight, "KNOWN", re.compile(r"SSH-2\.0-OpenSSH_(?!.)"))
    echoes(openssh_server.settings)
    assert flown == []
