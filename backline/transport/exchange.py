"""The key exchange, the part of a connection that needs nobody's identity: with which algorithms, and for which of the
host's keys."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import paramiko

from backline.transport.host_certificate import CERTIFICATE
from backline.transport.known_hosts import Mark, known_keys

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from backline.transport.destination import Destination
    from backline.transport.known_hosts import KnownKey

SLOW_KEY_EXCHANGE = (
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group16-sha512",
)
"""Each costs the controller 45-80 ms of arithmetic a host, and proves nothing that curve25519 does not."""
KEY_OF_SIGNATURE = {"rsa-sha2-512": "ssh-rsa", "rsa-sha2-256": "ssh-rsa"}
PATIENCE = 30.0
"""Seconds for a banner, a proof of identity, a channel: deadlines."""

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else Python prints its tracebacks to standard error


class Transport(paramiko.Transport):
    """Paramiko's own, which wakes up ten times a second to see whether it was closed; shutting its socket down wakes
    it as well."""

    _active_check_timeout = 1
    _begun: threading.Event | None = None

    def begin(self) -> None:
        """Exchange keys while nobody waits; `start_client` then does."""
        self._begun = threading.Event()
        super().start_client(event=self._begun)

    def start_client(self, event: threading.Event | None = None, timeout: float | None = None) -> None:
        """As Paramiko's own; where the exchange was begun before, wait for its end. Raises SSHException."""
        if self._begun is None:
            super().start_client(event, timeout)
            return
        self._begun.wait(timeout)
        if not self.is_active():
            raise self.get_exception() or paramiko.SSHException("the other side closed the connection")


def begin_exchange(destination: Destination, line: socket.socket) -> Transport:
    """Begin one that a login at the destination can go on with."""
    known = known_keys(destination.known_hosts, destination.known_as)
    transport = transport_for(known)(line, disabled_algorithms={"kex": list(SLOW_KEY_EXCHANGE)})
    transport.banner_timeout = PATIENCE
    transport.begin()
    return transport


def transport_for(known: Sequence[KnownKey]) -> Callable[..., Transport]:
    """Makes transports that ask the host for a key that we know, where it has several: a signed one where we know an
    authority, which a host without a certificate answers with a bare one."""
    kinds = {entry.kind for entry in known if entry.mark == Mark.KNOWN}
    signed = any(entry.mark == Mark.AUTHORITY for entry in known)

    def make(sock: socket.socket, **choices: Any) -> Transport:  # what SSHClient adds differs between its versions
        transport = Transport(sock, **choices)
        options = transport.get_security_options()
        bare = [kind for kind in options.key_types if not kind.endswith(CERTIFICATE)]
        first = [kind for kind in bare if KEY_OF_SIGNATURE.get(kind, kind) in kinds]
        certificates = [kind + CERTIFICATE for kind in bare] if signed else []
        options.key_types = [*certificates, *first, *(kind for kind in bare if kind not in first)]
        return transport

    return make
