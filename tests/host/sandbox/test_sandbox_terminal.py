"""Commands with a terminal: its size, ^C, a hangup when the client goes."""

from __future__ import annotations

from tests.host.sandbox.conftest import RunningSandbox, read_until, wait_for


def test_the_terminal_has_the_clients_size_and_follows_it(running: RunningSandbox) -> None:
    with running.login() as transport:
        channel = transport.open_session()
        channel.get_pty("vt100", width=132, height=43)
        channel.exec_command("trap 'stty size; exit 6' WINCH; echo $TERM; stty size; while :; do sleep 0.05; done")
        assert read_until(channel, b"43 132").startswith(b"vt100\r\n")
        channel.resize_pty(width=99, height=33)
        read_until(channel, b"33 99")
        assert channel.recv_exit_status() == 6


def test_control_c_interrupts(running: RunningSandbox) -> None:
    with running.login() as transport:
        channel = transport.open_session()
        channel.get_pty()
        channel.exec_command("echo ready; exec sleep 300")
        read_until(channel, b"ready")
        channel.sendall(b"\x03")
        assert channel.recv_exit_status() == 130


def test_all_output_comes_before_the_end(running: RunningSandbox) -> None:
    with running.login() as transport:
        for _ in range(20):
            channel = transport.open_session()
            channel.get_pty()
            channel.exec_command("seq 1 5000; echo last")
            assert channel.makefile("rb").read().endswith(b"5000\r\nlast\r\n")
            assert channel.recv_exit_status() == 0


def test_a_client_that_goes_hangs_up(running: RunningSandbox) -> None:
    noticed = running.root / "hangup"
    with running.login() as transport:
        channel = transport.open_session()
        channel.get_pty()
        channel.exec_command(f"trap 'echo > {noticed}; exit' HUP; echo ready; while :; do sleep 0.05; done")
        read_until(channel, b"ready")
    wait_for("the hangup", noticed.exists)


def test_a_shell_can_be_asked_for(running: RunningSandbox) -> None:
    with running.login() as transport:
        channel = transport.open_session()
        channel.get_pty()
        channel.invoke_shell()
        channel.sendall(b"echo $((40 + 2)); exit 7\n")
        read_until(channel, b"42")
        assert channel.recv_exit_status() == 7
