"""One SSH connection: our own socket, the host's key checked before anything is sent, then authentication.

By the public methods of Fabric and Paramiko, but for what `flight.py` does; errors come out as Unreachable, with what
to type next.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

import fabric
import paramiko
from paramiko.config import SSHConfig

from backline.resources.failure import Unreachable
from backline.transport.flight import FlightLost
from backline.transport.host_certificate import CERTIFICATE
from backline.transport.host_keys import CheckHostKey
from backline.transport.identities import Identities
from backline.transport.known_hosts import Mark, known_keys
from backline.transport.login import Login, NotLetIn
from backline.transport.refusals import failed_login, not_ssh
from backline.transport.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access
    from backline.transport.destination import Destination
    from backline.transport.flight import Flight
    from backline.transport.known_hosts import KnownKey
    from backline.transport.lines import Line

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


class SSHConnection:
    """An authenticated connection. Close it; it is not reopened."""

    def __init__(self, settings: ConnectionSettings, access: Access, flight: Flight | None = None) -> None:
        """Connect; a flight may leave with the login. Raises Unreachable, FlightLost, or ConfigurationError where ssh's
        configuration cannot be followed."""
        self._flight = flight
        self._connection: fabric.Connection | None = None
        self._line: Line | None = None
        self._destination = access.destination(settings)
        identities = Identities(self._destination, access.keys)
        self._route = Route(settings, self._destination, lambda hop: SSHConnection(hop, access))
        try:
            access.pace.patiently(
                self._destination.host, self._destination.port, partial(self._log_in, identities, access)
            )
        except BaseException:
            self.close()
            raise

    def open_way_to(self, host: str, port: int) -> paramiko.Channel:
        """A line through this host to another. Raises Unreachable."""
        assert self._connection is not None
        try:
            way: paramiko.Channel = self._connection.transport.open_channel(
                "direct-tcpip", (host, port), ("", 0), timeout=PATIENCE
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise _no_way(self._destination, f"{host} port {port}", error) from error
        return way

    def open_channel(self) -> paramiko.Channel:
        """A channel on which one command can be run. Raises Unreachable."""
        assert self._connection is not None
        try:
            channel: paramiko.Channel = self._connection.transport.open_session(timeout=PATIENCE)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Unreachable(
                f"logged in, but no channel was opened: {text_of(error)}",
                hint="sshd there may forbid sessions (MaxSessions 0) or be out of processes or memory",
            ) from error
        return channel

    def close(self) -> None:
        """At once: the socket first, so that nothing waits for the other side's goodbye."""
        self._hang_up()
        self._route.close()

    def _hang_up(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError, EOFError):
                self._line.shutdown(socket.SHUT_RDWR)
        if self._connection is not None:
            self._connection.client.close()
        if self._line is not None:
            self._line.close()
        self._connection = self._line = None

    def _log_in(self, identities: Identities, access: Access) -> None:
        self._hang_up()  # where this is not the first try
        known = known_keys(self._destination.known_hosts, self._destination.known_as)
        self._line = self._route.open()
        login = Login(self._destination, identities, access.asking, self._flight)
        self._connection = _connection(self._destination, self._line, login, known)
        try:
            self._connection.open()
        except NotLetIn as refused:
            if self._flight is not None and self._flight.is_lost:
                raise FlightLost from refused
            raise failed_login(self._destination, refused) from refused
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise not_ssh(self._destination, self._line, text_of(error)) from error


def _connection(destination: Destination, line: Line, login: Login, known: Sequence[KnownKey]) -> fabric.Connection:
    connection = fabric.Connection(
        destination.host,
        user=destination.user,
        port=destination.port,
        config=fabric.Config(lazy=True, ssh_config=SSHConfig()),  # it is read once a run, and by us
        connect_kwargs={
            "sock": line,
            "transport_factory": transport_for(known),
            "disabled_algorithms": {"kex": list(SLOW_KEY_EXCHANGE)},
            "auth_strategy": login,
            "banner_timeout": PATIENCE,
            "auth_timeout": PATIENCE,
        },
    )
    connection.client.set_missing_host_key_policy(CheckHostKey(destination, known))
    return connection


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


def _no_way(hop: Destination, where: str, error: Exception) -> Unreachable:
    if isinstance(error, paramiko.ChannelException) and "prohibited" in str(error).lower():
        return Unreachable(
            f"{where} cannot be reached through {hop.place}: it forwards no connections: {text_of(error)}",
            hint="let its sshd forward them (AllowTcpForwarding, PermitOpen), or go through it by a command there:\n"
            f'ansible_ssh_common_args: -o ProxyCommand="ssh {hop.user}@{hop.host} nc %h %p"',
        )
    return Unreachable(
        f"{where} cannot be reached through {hop.place}: {text_of(error)}",
        hint=f"can {hop.place} reach it? On it:  nc -vz {where.replace(' port', '')}",
    )


def text_of(error: BaseException) -> str:
    """What an error of SSH says, which some say nothing."""
    return str(error).strip() or "the other side closed the connection"
