"""A command on a host with this terminal at its ends: what one types goes there, what it prints comes here.

Without a terminal at both of our ends: plain pipes. Either way the command's exit code is ours.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import termios
import threading
import tty
from collections.abc import Generator
from types import FrameType
from typing import TYPE_CHECKING

import paramiko

from backline.resources.failure import Unreachable
from backline.transport.access import Access
from backline.transport.become import elevated_at_terminal
from backline.transport.connection import SSHConnection
from backline.transport.opening import LOCAL
from backline.transport.stream import LAST_WORDS

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings

KEYBOARD, SCREEN, ERRORS = 0, 1, 2
PIECE = 32 * 1024
FULL_WINDOW = 0.05
"""Seconds until we look again whether the other side takes more; Paramiko has no descriptor for that."""
NO_CODE = 255
"""What ssh says where a signal or a cut line ended the command."""


def open_terminal(settings: ConnectionSettings, command: str, access: Access | None = None) -> int:
    """Run a shell command with our standard input, output and error, as whom the settings say; returns its exit code.

    Raises Unreachable."""
    is_terminal = os.isatty(KEYBOARD) and os.isatty(SCREEN)
    command = elevated_at_terminal(settings, command, is_terminal)
    if settings.connection == LOCAL:
        code = subprocess.run(["/bin/sh", "-c", command], check=False).returncode
        return code if code >= 0 else 128 - code
    connection = SSHConnection(settings, access or Access())
    try:
        channel = connection.open_channel()
        if is_terminal:
            return _with_terminal(channel, command)
        _start(channel, command)
        return _Carrier(channel).carry()
    finally:
        connection.close()


def _with_terminal(channel: paramiko.Channel, command: str) -> int:
    with _told_of_resizing() as resized:  # before we look how large it is, so that no change is missed
        size = os.get_terminal_size(SCREEN)
        try:
            channel.get_pty(os.environ.get("TERM", "dumb"), size.columns, size.lines)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Unreachable(f"logged in, but the host gives no terminal: {error}") from error
        _start(channel, command)
        with _raw_keyboard():
            return _Carrier(channel, resized).carry()


def _start(channel: paramiko.Channel, command: str) -> None:
    try:
        channel.exec_command(command)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise Unreachable(f"logged in, but the host runs no commands: {error}") from error


class _Carrier:
    """Carries both ways until the command ends. One thread: nothing here waits for one side alone."""

    def __init__(self, channel: paramiko.Channel, resized: int | None = None) -> None:
        self._channel = channel
        self._resized = resized
        self._typed = b""
        self._typing = True

    def carry(self) -> int:
        """Returns the exit code."""
        while not self._take_output():
            self._wait()
            self._give_input()
        self._channel.status_event.wait(LAST_WORDS)
        return self._channel.exit_status if self._channel.exit_status >= 0 else NO_CODE

    def _wait(self) -> None:
        readers = [self._channel.fileno()]
        if self._typing and not self._typed:
            readers.append(KEYBOARD)
        if self._resized is not None:
            readers.append(self._resized)
        ready = select.select(readers, [], [], FULL_WINDOW if self._typed else None)[0]
        if KEYBOARD in ready:
            self._type()
        if self._resized in ready:
            self._pass_size_on()

    def _take_output(self) -> bool:
        """Print what has come; True when nothing more will."""
        ended = bool(self._channel.eof_received or self._channel.closed)  # what came before the end is in the buffers
        while self._channel.recv_ready():
            _print(SCREEN, self._channel.recv(PIECE))
        while self._channel.recv_stderr_ready():
            _print(ERRORS, self._channel.recv_stderr(PIECE))
        return ended

    def _type(self) -> None:
        self._typed = os.read(KEYBOARD, PIECE)
        if not self._typed:
            self._typing = False
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):  # the command may have ended meanwhile
                self._channel.shutdown_write()

    def _give_input(self) -> None:
        if self._typed and self._channel.send_ready():
            try:
                self._typed = self._typed[self._channel.send(self._typed) :]
            except (OSError, EOFError, paramiko.SSHException):  # the command has ended; its code is still to come
                self._typed, self._typing = b"", False

    def _pass_size_on(self) -> None:
        assert self._resized is not None
        os.read(self._resized, PIECE)
        size = os.get_terminal_size(SCREEN)
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.resize_pty(size.columns, size.lines)


def _print(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


@contextlib.contextmanager
def _raw_keyboard() -> Generator[None]:
    """Every key goes to the other side, Ctrl-C too; whatever happens, the terminal is as it was afterwards."""
    before = termios.tcgetattr(KEYBOARD)
    try:
        tty.setraw(KEYBOARD, termios.TCSADRAIN)  # what was typed ahead is kept
        yield
    finally:
        termios.tcsetattr(KEYBOARD, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _told_of_resizing() -> Generator[int]:
    """A descriptor that becomes readable when the window has another size: a signal handler may not take
    Paramiko's locks."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)

    def tell(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(writable, b"\0")

    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGWINCH, tell) if main else None
    try:
        yield readable
    finally:
        if main:
            signal.signal(signal.SIGWINCH, before)
        os.close(readable)
        os.close(writable)
