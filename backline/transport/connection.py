"""One SSH connection: our own socket, the host's key checked before anything is sent, then authentication.

By the public methods of Fabric and Paramiko, but for what `flight.py` does; errors come out as Unreachable, with what
to type next.
"""

from __future__ import annotations

import contextlib
import socket
from functools import partial
from typing import TYPE_CHECKING

import fabric
import paramiko
from paramiko.config import SSHConfig

from backline.resources.failure import Unreachable
from backline.transport.exchange import PATIENCE, SLOW_KEY_EXCHANGE, transport_for
from backline.transport.flight import FlightLost
from backline.transport.host_keys import CheckHostKey
from backline.transport.identities import Identities
from backline.transport.known_hosts import known_keys
from backline.transport.login import Login, NotLetIn
from backline.transport.refusals import failed_login, not_ssh
from backline.transport.route import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access
    from backline.transport.destination import Destination
    from backline.transport.early import Begun
    from backline.transport.flight import Flight
    from backline.transport.known_hosts import KnownKey
    from backline.transport.lines import Line


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
        begun = access.early.take(self._destination)
        self._line = begun.line if begun is not None else self._route.open()
        login = Login(self._destination, identities, access.asking, self._flight)
        self._connection = _connection(self._destination, self._line, login, known, begun)
        try:
            self._connection.open()
        except NotLetIn as refused:
            if self._flight is not None and self._flight.is_lost:
                raise FlightLost from refused
            raise failed_login(self._destination, refused) from refused
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise not_ssh(self._destination, self._line, text_of(error)) from error


def _connection(
    destination: Destination, line: Line, login: Login, known: Sequence[KnownKey], begun: Begun | None
) -> fabric.Connection:
    connection = fabric.Connection(
        destination.host,
        user=destination.user,
        port=destination.port,
        config=fabric.Config(lazy=True, ssh_config=SSHConfig()),  # it is read once a run, and by us
        connect_kwargs={
            "sock": line,
            "transport_factory": transport_for(known) if begun is None else lambda *_, **__: begun.transport,
            "disabled_algorithms": {"kex": list(SLOW_KEY_EXCHANGE)},
            "auth_strategy": login,
            "banner_timeout": PATIENCE,
            "auth_timeout": PATIENCE,
        },
    )
    connection.client.set_missing_host_key_policy(CheckHostKey(destination, known))
    return connection


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
