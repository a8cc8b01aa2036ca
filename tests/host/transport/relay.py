"""A line to an SSH server that may be stopped: what the server says behind its key exchange is held back, or the
connection ends as soon as the client has said something then."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

NEWKEYS = 21
"""The last packet of a key exchange, and the last that is not encrypted."""


class KeyExchange:
    """One side's bytes, up to its NEWKEYS: a line, then packets of four bytes of length, one of padding, the kind."""

    def __init__(self) -> None:
        self._unread = b""
        self._greeted = False
        self.is_over = False

    def taken(self, data: bytes) -> tuple[bytes, bytes]:
        """What belongs to the key exchange, whole packets only, and what comes behind it."""
        self._unread += data
        own = b""
        while not self.is_over and (size := self._next()):
            own, self._unread = own + self._unread[:size], self._unread[size:]
        if not self.is_over:
            return own, b""
        behind, self._unread = self._unread, b""
        return own, behind

    def _next(self) -> int:
        if not self._greeted:
            size = self._unread.find(b"\n") + 1
            self._greeted = bool(size)
            return size
        if len(self._unread) < 6:
            return 0
        size = 4 + int.from_bytes(self._unread[:4], "big")
        if len(self._unread) < size:
            return 0
        self.is_over = self._unread[5] == NEWKEYS
        return size


class Relay:
    """Hands connections on to a port of this machine, and counts them."""

    def __init__(self, port: int) -> None:
        self._there = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self.cuts_first = False
        """The first connection ends when the client has said something behind its key exchange."""
        self.speaks = threading.Event()
        """While it is clear, nothing that the server says behind its key exchange is handed on."""
        self.speaks.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.speaks.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._there))
                cut = self.cuts_first and self.connections == 1
                threading.Thread(target=self._from_client, args=(client, server, cut), daemon=True).start()
                threading.Thread(target=self._from_server, args=(server, client), daemon=True).start()

    def _from_client(self, client: socket.socket, server: socket.socket, cut: bool) -> None:
        exchange = KeyExchange()
        with ended(client, server):
            while data := client.recv(65536):
                own, behind = exchange.taken(data)
                if behind and cut:
                    return
                server.sendall(own + behind)

    def _from_server(self, server: socket.socket, client: socket.socket) -> None:
        exchange = KeyExchange()
        with ended(server, client):
            while data := server.recv(65536):
                own, behind = exchange.taken(data)
                client.sendall(own)
                if behind:
                    self.speaks.wait()
                    client.sendall(behind)


@contextmanager
def ended(*lines: socket.socket) -> Generator[None]:
    """Both lines end with the block."""
    try:
        with contextlib.suppress(OSError):
            yield
    finally:
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(port: int) -> Generator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()
