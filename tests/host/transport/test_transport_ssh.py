"""Who is let in, who is refused, and what a person is told: against a real OpenSSH server."""

from __future__ import annotations

import socket
import subprocess
import threading
from pathlib import Path

import pytest

from backline.resources.failure import ExitCode, Unreachable
from backline.settings.connection import ConnectionSettings
from backline.transport.access import Access
from backline.transport.host_key_scan import shown_keys
from backline.transport.known_hosts_writing import accept
from backline.transport.ssh import open_ssh
from tests.host.openssh import OpenSSHServer, free_port, make_key


def refusal(settings: ConnectionSettings) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        open_ssh(settings, "touch should-never-run")
    assert caught.value.code == ExitCode.UNREACHABLE
    return caught.value


def fingerprint_of(public_key: Path) -> str:
    output = subprocess.run(["ssh-keygen", "-lf", public_key], check=True, capture_output=True, text=True).stdout
    return output.split()[1]


def test_unknown_key_is_refused_with_its_fingerprint_and_the_way_to_accept_it(
    openssh_server: OpenSSHServer, tmp_path: Path
) -> None:
    known_hosts = tmp_path / "known_hosts"
    settings = openssh_server.changed(known_hosts_file=str(known_hosts))
    failure = refusal(settings)
    assert fingerprint_of(openssh_server.directory / "host_key.pub") in failure.lines[0]
    assert not (openssh_server.home / "should-never-run").exists()

    shown = shown_keys(settings, Access())
    assert shown.keys[0].fingerprint in failure.lines[0]
    accept(shown, shown.keys)
    open_ssh(settings, "true").close()


def test_hashed_names_are_known(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_bytes((openssh_server.directory / "known_hosts").read_bytes())
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", known_hosts], check=True, capture_output=True)
    assert "127.0.0.1" not in known_hosts.read_text()
    open_ssh(openssh_server.changed(known_hosts_file=str(known_hosts)), "true").close()


def test_changed_key_is_loud_and_shows_both_fingerprints(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    other = make_key(tmp_path / "other")
    known_hosts.write_text(f"# a comment\n[127.0.0.1]:{openssh_server.port} {other}")
    failure = refusal(openssh_server.changed(known_hosts_file=str(known_hosts)))
    assert "HAS CHANGED" in failure.cause
    assert fingerprint_of(tmp_path / "other.pub") in failure.lines[0]
    assert f"{known_hosts}:2" in failure.lines[0]
    assert fingerprint_of(openssh_server.directory / "host_key.pub") in failure.lines[1]

    settings = openssh_server.changed(known_hosts_file=str(known_hosts))
    shown = shown_keys(settings, Access())
    assert not shown.is_known
    accept(shown, shown.keys)
    open_ssh(settings, "true").close()
    assert known_hosts.read_text().startswith("# a comment\n")


def test_revoked_key_is_refused(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    line = (openssh_server.directory / "known_hosts").read_text()
    known_hosts.write_text(f"{line}@revoked {line}")
    assert "revoked" in refusal(openssh_server.changed(known_hosts_file=str(known_hosts))).cause


def test_wrong_key_is_told_as_such(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    failure = refusal(openssh_server.changed(key_file=str(tmp_path / "stranger")))
    assert "did not let" in failure.cause
    assert str(tmp_path / "stranger") in failure.cause
    assert f"ssh -p {openssh_server.port} -i {tmp_path / 'stranger'}" in failure.hint


def test_missing_key_file_is_named(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    failure = refusal(openssh_server.changed(key_file=str(tmp_path / "none")))
    assert f"{tmp_path / 'none'} cannot be read" in failure.cause


def test_key_with_a_passphrase_is_named(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    path = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "a phrase", "-f", path], check=True)
    assert "has a passphrase" in refusal(openssh_server.changed(key_file=str(path))).cause


def test_refused_connection_gives_the_configured_hint(openssh_server: OpenSSHServer) -> None:
    nothing = openssh_server.changed(port=free_port())
    assert "refused the connection" in refusal(nothing).cause
    hinted = openssh_server.changed(port=free_port(), unreachable_hint="inv sandbox.up")
    assert refusal(hinted).hint == "inv sandbox.up"


def test_unknown_name_is_told_as_such(openssh_server: OpenSSHServer) -> None:
    assert "sandbox.invalid is not known" in refusal(openssh_server.changed(host="sandbox.invalid")).cause


def test_something_that_is_not_ssh_is_told_as_such(openssh_server: OpenSSHServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as impostor:

        def answer() -> None:
            line, _ = impostor.accept()
            with line:
                line.sendall(b"220 mail.example.com ESMTP\r\n")

        threading.Thread(target=answer, daemon=True).start()
        failure = refusal(openssh_server.changed(port=impostor.getsockname()[1]))
    assert "SSH did not come about" in failure.cause


def test_killed_server_ends_the_stream_for_reader_and_writer(openssh_server: OpenSSHServer) -> None:
    stream = open_ssh(openssh_server.settings, "echo ready; exec cat")
    assert stream.read(100) == b"ready\n"
    openssh_server.kill_sessions()
    assert stream.read(100) == b""
    assert stream.exit_code() is None
    with pytest.raises(OSError):
        stream.write(b"x" * 64 * 1024 * 1024)  # far more than any window: a writer that waits must be woken
    stream.close()


def test_shell_has_the_home_of_the_test(openssh_server: OpenSSHServer) -> None:
    stream = open_ssh(openssh_server.settings, "echo $HOME")
    assert stream.read(1000).decode().strip() == str(openssh_server.home)
    stream.close()


def test_way_leads_through_jump_hosts(openssh_server: OpenSSHServer) -> None:
    hop = f"{openssh_server.settings.user}@127.0.0.1:{openssh_server.port}"
    stream = open_ssh(openssh_server.changed(proxy_jump=f"{hop},{hop}"), "echo there; exec cat")
    assert stream.read(100) == b"there\n"
    stream.write(b"and back")
    assert stream.read(100) == b"and back"
    stream.close()


def test_host_behind_a_jump_host_that_is_down_is_told_as_such(openssh_server: OpenSSHServer) -> None:
    settings = openssh_server.changed(proxy_jump=f"127.0.0.1:{openssh_server.port}", port=free_port())
    assert "cannot be reached through 127.0.0.1" in refusal(settings).cause
