"""A command on the host with a terminal at our end, and without one."""

from __future__ import annotations

import grp
import os
import pickle
import subprocess
import sys

import pytest

from backline.settings.connection import ConnectionSettings
from tests.host.openssh import OpenSSHServer
from tests.host.terminal import sitting_at

RUN = """
import pickle, sys
from backline.transport.terminal import open_terminal
sys.exit(open_terminal(pickle.loads(bytes.fromhex(sys.argv[1])), sys.argv[2]))
"""
DEADLINE = 120.0


@pytest.fixture
def terminal_server(openssh_server: OpenSSHServer) -> OpenSSHServer:
    """An sshd that gives terminals: an ordinary user's may not hand one to the group tty, which the mount must do."""
    controlling, terminal = os.openpty()
    group = os.fstat(terminal).st_gid
    os.close(controlling)
    os.close(terminal)
    if os.getuid() != 0 and group != grp.getgrnam("tty").gr_gid:
        pytest.skip("an ordinary user's sshd can give no terminal here: /dev/pts is mounted without gid=tty")
    return openssh_server


def arguments(server: OpenSSHServer, command: str, connection: str = "ssh") -> list[str]:
    return terminal_arguments(server.changed(connection=connection), command)


def terminal_arguments(settings: ConnectionSettings, command: str) -> list[str]:
    """A process of its own that opens a terminal there."""
    return [sys.executable, "-c", RUN, pickle.dumps(settings).hex(), command]


def test_terminal_has_our_size_and_takes_what_is_typed(terminal_server: OpenSSHServer) -> None:
    script = "test -t 0 && test -t 1 && test -t 2 && read go; stty size; read line; echo got $line; exit 5"
    with sitting_at(arguments(terminal_server, script)) as person:
        person.resizes(33, 101)  # before or after our command has asked: it is passed on
        person.types(b"go\r")
        person.waits_for(b"33 101\r\n")
        person.types(b"tea\r")
        assert person.sees_it_end() == 5
        assert b"got tea" in person.seen


def test_resizing_is_passed_on(terminal_server: OpenSSHServer) -> None:
    script = "trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 0.05; done"
    with sitting_at(arguments(terminal_server, script)) as person:
        person.waits_for(b"ready")
        person.resizes(44, 123)
        person.waits_for(b"44 123")
        assert person.sees_it_end() == 3


def test_interrupt_goes_to_the_command(terminal_server: OpenSSHServer) -> None:
    with sitting_at(
        arguments(terminal_server, "trap 'exit 9' INT; echo ready; while :; do sleep 0.05; done")
    ) as person:
        person.waits_for(b"ready")
        person.types(b"\x03")
        assert person.sees_it_end() == 9


def test_terminal_is_restored_even_when_the_line_is_cut(terminal_server: OpenSSHServer) -> None:
    command = arguments(terminal_server, "echo ready; exec cat")
    shell = ["/bin/sh", "-c", 'stty -a >"$0.before"; "$@"; echo "code $?"; stty -a >"$0.after"']
    kept = terminal_server.directory / "terminal"
    with sitting_at([*shell, str(kept), *command]) as person:
        person.waits_for(b"ready")
        terminal_server.kill_sessions()
        person.waits_for(b"code 255")
        assert person.sees_it_end() == 0
    before, after = (kept.with_name(f"terminal.{when}").read_text() for when in ("before", "after"))
    assert before == after
    assert "isig" in after


@pytest.mark.parametrize("connection", ["ssh", "local"])
def test_without_a_terminal_there_are_pipes(openssh_server: OpenSSHServer, connection: str) -> None:
    script = "test -t 0 && exit 1; wc -c; echo wrong >&2; exit 6"
    content = os.urandom(5_000_000)
    done = subprocess.run(
        arguments(openssh_server, script, connection), input=content, capture_output=True, timeout=DEADLINE, check=False
    )
    assert (done.stdout.strip(), done.stderr, done.returncode) == (b"5000000", b"wrong\n", 6)


def test_pipes_carry_much_both_ways_at_once(openssh_server: OpenSSHServer) -> None:
    content = os.urandom(9_000_000)
    done = subprocess.run(
        arguments(openssh_server, "exec cat"), input=content, capture_output=True, timeout=DEADLINE * 2, check=False
    )
    assert done.stdout == content
    assert done.returncode == 0
