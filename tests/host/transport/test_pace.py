"""A whole fleet at one sshd that has the usual limit, and what is told where even patience does not help."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.resources.failure import Unreachable
from backline.transport import pace
from backline.transport.access import Access
from backline.transport.ssh import open_ssh
from tests.host.openssh import OpenSSHServer, free_port, start_openssh

HOSTS = 32


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Generator[OpenSSHServer]:
    """With OpenSSH's own limit on logins under way."""
    server = start_openssh(tmp_path_factory.mktemp("usual"), "MaxStartups 10:30:100\n")
    yield server
    server.stop()


def test_a_fleet_logs_in_at_a_rate_that_a_usual_sshd_takes(usual: OpenSSHServer) -> None:
    access = Access()

    def word(_: int) -> bytes:
        stream = open_ssh(usual.settings, "echo in", access)
        try:
            return stream.read(10)
        finally:
            stream.close()

    with ThreadPoolExecutor(HOSTS) as pool:
        assert list(pool.map(word, range(HOSTS))) == [b"in\n"] * HOSTS


def test_no_more_log_in_at_once_than_is_said() -> None:
    paced, inside, most = pace.Pace(3), [0], [0]
    counting = threading.Lock()

    def log_in(number: int) -> int:
        with counting:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.01)
        with counting:
            inside[0] -= 1
        return number

    with ThreadPoolExecutor(12) as pool:
        came = list(pool.map(lambda number: paced.patiently("web1", 22, lambda: log_in(number)), range(24)))
    assert came == list(range(24))
    assert most[0] <= 3


def test_a_fleet_goes_through_one_bastion(usual: OpenSSHServer) -> None:
    access = Access()
    settings = usual.changed(proxy_jump=f"{usual.settings.user}@127.0.0.1:{usual.port}")

    def word(_: int) -> bytes:
        stream = open_ssh(settings, "echo in", access)
        try:
            return stream.read(10)
        finally:
            stream.close()

    with ThreadPoolExecutor(HOSTS) as pool:
        assert list(pool.map(word, range(HOSTS))) == [b"in\n"] * HOSTS


@contextmanager
def others_at(port: int, number: int) -> Generator[list[socket.socket]]:
    """Strangers who have connected and do not log in."""
    lines: list[socket.socket] = []
    while len(lines) < number:
        line = socket.create_connection(("127.0.0.1", port))
        if line.recv(4) == b"SSH-":  # else sshd still counts whoever looked whether it listens
            lines.append(line)
        else:
            line.close()
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


def test_whoever_is_turned_away_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "PAUSES", (0.05,) * 100)
    server = start_openssh(tmp_path, "MaxStartups 2\n")
    try:
        with others_at(server.port, 2) as others:
            words: list[bytes] = []
            waiting = threading.Thread(target=lambda: words.append(open_ssh(server.settings, "echo in").read(10)))
            waiting.start()
            while "MaxStartups" not in server.log():
                waiting.join(0.02)
            for line in others:
                line.close()
            waiting.join()
        assert words == [b"in\n"]
    finally:
        server.stop()


def test_a_limit_that_does_not_give_way_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "PAUSES", (0.01, 0.01))
    server = start_openssh(tmp_path, "MaxStartups 1\n")
    try:
        with others_at(server.port, 1), pytest.raises(Unreachable) as caught:
            open_ssh(server.settings, "true")
    finally:
        server.stop()
    assert "hung up before it said who it is" in caught.value.cause
    assert "MaxStartups" in caught.value.hint
    assert "fail2ban" in caught.value.hint


def test_silence_is_no_refusal(openssh_server: OpenSSHServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backline.transport.connection.PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable) as caught:
        open_ssh(openssh_server.changed(port=silent.getsockname()[1]), "true")
    assert "SSH did not come about" in caught.value.cause


def test_an_address_that_nobody_has_is_waited_for_no_longer_than_is_said(openssh_server: OpenSSHServer) -> None:
    """TEST-NET-1: silence, or no route, according to where this machine stands."""
    with pytest.raises(Unreachable) as caught:
        open_ssh(openssh_server.changed(host="192.0.2.1", port=free_port(), timeout=1), "true")
    assert any(word in caught.value.cause for word in ("did not answer within 1 seconds", "no route", "refused"))
