"""Commands on the sandbox behave as over OpenSSH's server: status, streams, environment, many at once, gone clients."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko
import pytest

from tests.host.sandbox.conftest import PATIENCE, RunningSandbox, read_until, run, wait_for

MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("command", "code"),
    [("true", 0), ("exit 3", 3), ("kill -KILL $$", 137), ("kill -TERM $$", 143), ("no-such-command", 127)],
)
def test_exit_status_is_the_commands(running: RunningSandbox, command: str, code: int) -> None:
    assert running.run(command).code == code


def test_output_and_errors_come_apart(running: RunningSandbox) -> None:
    answer = running.run("echo out; echo wrong >&2; exit 1")
    assert (answer.output, answer.errors, answer.code) == (b"out\n", b"wrong\n", 1)


def test_commands_run_at_home_in_a_clean_environment(running: RunningSandbox) -> None:
    names = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "PWD", "BACKLINE_SANDBOX", "UV_CACHE_DIR"}
    answer = running.run("pwd; env")
    directory, *lines = answer.output.decode().splitlines()
    environment = dict(line.split("=", 1) for line in lines)
    assert directory == environment["HOME"] == environment["BACKLINE_SANDBOX"] == str(running.root)
    assert environment["SHELL"] == "/bin/sh"
    passed_on = {name for name in environment if name in os.environ and name.startswith(("PIP_", "UV_"))}
    network = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}
    assert {name for name in environment if name.upper() not in network} - passed_on == names - passed_on


def test_only_locales_are_taken_from_the_client(running: RunningSandbox) -> None:
    with running.login() as transport:
        channel = transport.open_session()
        channel.set_environment_variable("LC_TIME", "C")
        channel.set_environment_variable("LD_PRELOAD", "/nowhere.so")
        channel.exec_command('echo "$LC_TIME,$LD_PRELOAD"')
        assert channel.makefile("rb").read() == b"C,\n"


TERMINAL_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP, signal.SIGWINCH)


def test_commands_do_not_ignore_the_signals_of_a_terminal(running: RunningSandbox) -> None:
    ignored = int(running.run("grep SigIgn /proc/self/status").output.split()[1], 16)
    assert [number for number in TERMINAL_SIGNALS if ignored >> (number - 1) & 1] == []


@contextmanager
def feeding(channel: paramiko.Channel, data: bytes) -> Iterator[None]:
    """Send in the background during the block, in slices: Paramiko copies what is left of its bytes for each packet."""

    def feed() -> None:
        try:
            for start in range(0, len(data), 256 * 1024):
                channel.sendall(data[start : start + 256 * 1024])
            channel.shutdown_write()
        except OSError:
            pass  # the command has ended, and its channel is closed

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield
    finally:
        channel.close()  # before its connection: then whoever is sending is told so in order
        thread.join(PATIENCE)


@pytest.mark.parametrize("megabytes", [0, 1, 20])
def test_bytes_pass_both_ways_unharmed(running: RunningSandbox, megabytes: int) -> None:
    data = os.urandom(megabytes * MEGABYTE) + b"end"
    with running.login() as transport:
        channel = transport.open_session()
        channel.exec_command("cat")
        with feeding(channel, data):
            received = channel.makefile("rb").read()
            assert hashlib.sha256(received).digest() == hashlib.sha256(data).digest()
            assert channel.recv_exit_status() == 0


def test_a_command_that_reads_no_more_still_ends_well(running: RunningSandbox) -> None:
    with running.login() as transport:
        channel = transport.open_session()
        channel.exec_command("head -c 10; exit 5")
        with feeding(channel, b"x" * 8 * MEGABYTE):
            assert channel.makefile("rb").read() == b"x" * 10
            assert channel.recv_exit_status() == 5


def test_a_channel_that_nobody_reads_holds_up_no_other(running: RunningSandbox) -> None:
    size = 12 * MEGABYTE
    with running.login() as transport:
        unread = transport.open_session()
        unread.exec_command(f"head -c {size} /dev/zero")
        read_until(unread, b"\0")
        assert run(transport, "echo here").output == b"here\n"
        assert len(unread.makefile("rb").read()) > size - MEGABYTE


def at_once(count: int, work: Callable[[int], bytes]) -> list[bytes]:
    results = [b""] * count

    def one(number: int) -> None:
        results[number] = work(number)

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_many_channels_of_one_connection_at_once(running: RunningSandbox) -> None:
    with running.login() as transport:
        results = at_once(20, lambda number: run(transport, f"sleep 0.1; echo {number}").output)
    assert results == [f"{number}\n".encode() for number in range(20)]


def test_many_connections_at_once(running: RunningSandbox) -> None:
    results = at_once(10, lambda number: running.run(f"echo {number}").output)
    assert results == [f"{number}\n".encode() for number in range(10)]


def test_quick_commands_leave_neither_descriptors_nor_threads(running: RunningSandbox) -> None:
    def used() -> tuple[int, int]:
        process = f"/proc/{running.status.pid}"
        return len(os.listdir(f"{process}/fd")), len(os.listdir(f"{process}/task"))

    with running.login() as transport:
        run(transport, "true")
        before = used()
        for _ in range(200):
            assert run(transport, "echo quick").output == b"quick\n"
        wait_for("descriptors and threads as before", lambda: used() == before)


def test_a_background_process_does_not_hold_the_status_back(running: RunningSandbox) -> None:
    with running.login() as transport:
        channel = transport.open_session()
        channel.settimeout(30)
        channel.exec_command("sleep 300 & echo $!; exit 4")
        pid = int(read_until(channel, b"\n"))
        assert channel.recv_exit_status() == 4
        assert not channel.closed
        os.kill(pid, 9)
        assert channel.recv(1) == b""


def test_a_command_without_a_terminal_outlives_its_client(running: RunningSandbox) -> None:
    noticed = running.root / "noticed"
    with running.login() as transport:
        waiting = transport.open_session()
        waiting.exec_command(f"echo ready; cat; echo input ended > {noticed}")
        read_until(waiting, b"ready")
        sleeping = transport.open_session()
        sleeping.exec_command("echo $$; exec sleep 300")
        pid = int(read_until(sleeping, b"\n"))
    wait_for("the end of standard input", noticed.exists)
    assert os.path.exists(f"/proc/{pid}")
    os.kill(pid, 9)


def test_output_that_nobody_reads_any_more_breaks_the_pipe(running: RunningSandbox) -> None:
    noticed = running.root / "broken"
    with running.login() as transport:
        channel = transport.open_session()
        channel.exec_command(f"trap '' PIPE; echo ready; cat; while echo more; do :; done; echo > {noticed}")
        read_until(channel, b"ready")
    wait_for("a broken pipe", noticed.exists)
