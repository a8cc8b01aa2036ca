"""The socket below SSH: small packets leave at once, answers are acknowledged at once, a dead line is noticed."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Generator

from backline.resources.failure import Unreachable

SILENCE = 10_000
"""Milliseconds that sent bytes may stay unacknowledged until the kernel gives the line up."""
KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 3, "TCP_KEEPCNT": 3}
QUICKACK = getattr(socket, "TCP_QUICKACK", None)
"""Linux alone has it: without it sshd's Nagle and our delayed acknowledgement wait 40 ms for each other."""
CORK = getattr(socket, "TCP_CORK", None)
"""Linux's, too."""

FIRST_WORDS = 256
"""Bytes kept of what came first."""


class QuickSocket(socket.socket):
    """The kernel forgets TCP_QUICKACK after a while, so it is said again after every packet. Implements Line."""

    heard = b""
    ended = False

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As ever, and the next packet is acknowledged at once."""
        try:
            data = super().recv(size, flags)
        except ConnectionError:
            self.ended = True
            raise
        self.ended = not data
        if len(self.heard) < FIRST_WORDS:
            self.heard += data
        if QUICKACK is not None:
            with contextlib.suppress(OSError):
                self.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        return data

    @contextlib.contextmanager
    def together(self) -> Generator[None]:
        """What is sent within goes in full packets: a connection begins with ten of them, large or small."""
        self._cork(1)
        try:
            yield
        finally:
            self._cork(0)

    def _cork(self, on: int) -> None:
        if CORK is not None:
            with contextlib.suppress(OSError):  # a pair of sockets has none
                self.setsockopt(socket.IPPROTO_TCP, CORK, on)

    def last_words(self) -> str:
        """See Line; TCP has none."""
        return ""


def open_socket(host: str, port: int, timeout: float) -> QuickSocket:
    """Connect. Raises Unreachable, which tells an unknown name, a refusal, silence and a missing route apart."""
    try:
        connected = socket.create_connection((host, port), timeout)
    except OSError as error:
        raise Unreachable(_cause(error, host, port, timeout), hint=_hint(error, host, port)) from error
    line = QuickSocket(connected.family, connected.type, connected.proto, connected.detach())
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in {**KEEPALIVE, "TCP_USER_TIMEOUT": SILENCE, "TCP_QUICKACK": 1}.items():
        if hasattr(socket, name):  # a controller that is not Linux lacks some
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return line


def _cause(error: OSError, host: str, port: int, timeout: float) -> str:
    if isinstance(error, socket.gaierror):
        return f"the name {host} is not known ({error.strerror})"
    if isinstance(error, ConnectionRefusedError):
        return f"{host} port {port} refused the connection: nothing listens there"
    if isinstance(error, TimeoutError):
        return f"{host} port {port} did not answer within {timeout:g} seconds"
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return f"there is no route to {host}"
    return f"{host} port {port} cannot be reached: {error.strerror or error}"


def _hint(error: OSError, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror):
        return "set its ansible_host in the inventory to a name that this machine knows"
    if isinstance(error, ConnectionRefusedError):
        return "is sshd running there, and on the port that ansible_port says?"
    return f"can this machine reach it? Try: nc -vz {host} {port}"
