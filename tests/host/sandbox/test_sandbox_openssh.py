"""The sandbox through OpenSSH's own clients."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.host.sandbox.conftest import PATIENCE, RunningSandbox

pytestmark = pytest.mark.needs("ssh", "scp", "sftp")


def test_ssh_passes_streams_and_status(running: RunningSandbox) -> None:
    data = os.urandom(12 << 20)
    answer = running.ssh("cat; echo wrong >&2; exit 9", stdin=data)
    assert (answer.returncode, answer.stdout, answer.stderr) == (9, data, b"wrong\n")


def test_ssh_with_a_terminal(running: RunningSandbox) -> None:
    answer = running.ssh("-tt", "tty; exit 3")
    assert answer.returncode == 3
    assert answer.stdout.startswith(b"/dev/pts/")


def test_ssh_sends_locales(running: RunningSandbox) -> None:
    assert running.ssh("-o", "SetEnv=LC_ALL=C", "echo $LC_ALL").stdout == b"C\n"


def test_ssh_shares_a_connection(running: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    control = f"ControlPath={tmp_path_factory.mktemp('c') / 'socket'}"
    destination = f"{running.status.user}@127.0.0.1"
    master = running.openssh("ssh", "-p", "-M", "-N", "-f", "-o", control, destination)
    subprocess.run(master, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=PATIENCE)
    try:
        for number in range(3):
            assert running.ssh("-o", control, f"exit {number}").returncode == number
    finally:
        leave = running.openssh("ssh", "-p", "-O", "exit", "-o", control, destination)
        subprocess.run(leave, check=True, capture_output=True, timeout=PATIENCE)


@pytest.mark.parametrize("protocol", ["-s", "-O"], ids=["by sftp", "by the old protocol"])
def test_scp_both_ways(running: RunningSandbox, tmp_path: Path, protocol: str) -> None:
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(os.urandom(3 << 20))
    there = f"{running.status.user}@127.0.0.1:copied{protocol}"
    for source, target in ((str(sent), there), (there, str(received))):
        copying = running.openssh("scp", "-P", protocol, "-p", source, target)
        answer = subprocess.run(copying, capture_output=True, timeout=PATIENCE, check=False)
        assert (answer.returncode, answer.stderr) == (0, b"")
    assert received.read_bytes() == sent.read_bytes()


def test_sftp_by_batch(running: RunningSandbox, tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(b"by batch")
    batch = tmp_path / "batch"
    words = ("mkdir b", f"put {tmp_path}/sent b/f", "ls -l b", f"get b/f {tmp_path}/received", "rm b/f", "rmdir b")
    batch.write_text("\n".join(words) + "\n")
    argv = running.openssh("sftp", "-P", "-b", str(batch), f"{running.status.user}@127.0.0.1")
    subprocess.run(argv, check=True, capture_output=True, timeout=PATIENCE)
    assert (tmp_path / "received").read_bytes() == b"by batch"
    assert not (running.root / "b").exists()


def test_a_forwarding_is_refused(running: RunningSandbox) -> None:
    target = f"127.0.0.1:{running.status.ssh_port}"
    forwarding = running.openssh("ssh", "-p", "-W", target, f"{running.status.user}@127.0.0.1")
    answer = subprocess.run(forwarding, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    assert answer.returncode != 0
    assert b"SSH-2.0" not in answer.stdout
