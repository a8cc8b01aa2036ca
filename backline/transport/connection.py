"""One SSH connection: our own socket, the host's key checked before anything is sent, then authentication.

By the public methods of Fabric and Paramiko; errors come out as Unreachable, with what to type next.
"""

from __future__ import annotations

import contextlib
import logging
import shlex
import socket
from typing import TYPE_CHECKING, Any

import fabric
import paramiko
from paramiko.config import SSHConfig
from paramiko.pkey import UnknownKeyType

from backline.resources.failure import Unreachable
from backline.transport.host_keys import CheckHostKey
from backline.transport.jump_hosts import last_hop
from backline.transport.known_hosts import known_hosts_files, known_keys, known_name
from backline.transport.tcp import QuickSocket, open_socket

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from backline.settings.connection import ConnectionSettings

    Line: TypeAlias = QuickSocket | paramiko.Channel

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

    def __init__(self, settings: ConnectionSettings) -> None:
        """Connect. Raises Unreachable."""
        self._connection: fabric.Connection | None = None
        self._hop: SSHConnection | None = None
        self._line: Line | None = None
        try:
            self._line = self._open_line(settings)
            key, why_no_key = _key(settings)
            self._connection = _connection(settings, self._line, key)
            _open(self._connection, settings, why_no_key)
        except BaseException:
            self.close()
            raise

    def _open_line(self, settings: ConnectionSettings) -> Line:
        if not settings.proxy_jump:
            return _socket(settings)
        self._hop = SSHConnection(last_hop(settings))
        return self._hop.open_way_to(settings.host, settings.port)

    def open_way_to(self, host: str, port: int) -> paramiko.Channel:
        """A line through this host to another. Raises Unreachable."""
        assert self._connection is not None
        try:
            way: paramiko.Channel = self._connection.transport.open_channel(
                "direct-tcpip", (host, port), ("", 0), timeout=PATIENCE
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            through = self._connection.host
            raise Unreachable(f"{host} port {port} cannot be reached through {through}: {_text(error)}") from error
        return way

    def open_channel(self) -> paramiko.Channel:
        """A channel on which one command can be run. Raises Unreachable."""
        assert self._connection is not None
        try:
            channel: paramiko.Channel = self._connection.transport.open_session(timeout=PATIENCE)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Unreachable(f"logged in, but no channel was opened: {_text(error)}") from error
        return channel

    def close(self) -> None:
        """At once: the socket first, so that nothing waits for the other side's goodbye."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
        if self._connection is not None:
            self._connection.client.close()
        if self._line is not None:
            self._line.close()
        if self._hop is not None:
            self._hop.close()


def _socket(settings: ConnectionSettings) -> QuickSocket:
    try:
        return open_socket(settings.host, settings.port, settings.timeout)
    except Unreachable as failure:
        failure.hint = settings.unreachable_hint or failure.hint
        raise


def _connection(settings: ConnectionSettings, line: Line, key: paramiko.PKey | None) -> fabric.Connection:
    files = known_hosts_files(settings.known_hosts_file)
    known = known_keys(files, known_name(settings.host, settings.port))
    connection = fabric.Connection(
        settings.host,
        user=settings.user or None,
        port=settings.port,
        config=fabric.Config(lazy=True, ssh_config=SSHConfig()),  # the inventory decides, no file beside it
        connect_kwargs={
            "sock": line,
            "transport_factory": _transport_for([entry.kind for entry in known]),
            "disabled_algorithms": {"kex": list(SLOW_KEY_EXCHANGE)},
            "pkey": key,
            "password": settings.password.reveal() if settings.password else None,
            "banner_timeout": PATIENCE,
            "auth_timeout": PATIENCE,
        },
    )
    connection.client.set_missing_host_key_policy(CheckHostKey(settings.host, settings.port, files, known))
    return connection


def _open(connection: fabric.Connection, settings: ConnectionSettings, why_no_key: str) -> None:
    try:
        connection.open()
    except paramiko.AuthenticationException as error:
        raise _not_let_in(settings, why_no_key or _text(error)) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        if "No authentication methods available" in str(error):
            raise _not_let_in(settings, why_no_key or "there is no key to offer") from error
        raise Unreachable(
            f"{settings.host} port {settings.port} answered, but SSH did not come about: {_text(error)}",
            hint=settings.unreachable_hint or f"what does this say?  {_ssh(settings)}",
        ) from error


def _transport_for(known_kinds: list[str]) -> Callable[..., Transport]:
    """Makes transports that ask the host for a key that we know, where it has several."""

    def make(sock: socket.socket, **choices: Any) -> Transport:  # what SSHClient adds differs between its versions
        transport = Transport(sock, **choices)
        options = transport.get_security_options()
        known = [kind for kind in options.key_types if KEY_OF_SIGNATURE.get(kind, kind) in known_kinds]
        options.key_types = [*known, *(kind for kind in options.key_types if kind not in known)]
        return transport

    return make


def _key(settings: ConnectionSettings) -> tuple[paramiko.PKey | None, str]:
    """The configured key, or why it cannot be offered (an agent may still have it)."""
    if not settings.key_file:
        return None, ""
    try:
        return paramiko.PKey.from_path(settings.key_file), ""
    except OSError as error:
        return None, f"the key file {settings.key_file} cannot be read: {error.strerror}"
    except (paramiko.PasswordRequiredException, TypeError):  # the second is cryptography's word for it
        return None, f"the key file {settings.key_file} has a passphrase, and no SSH agent has the key"
    except (paramiko.SSHException, UnknownKeyType, ValueError) as error:
        return None, f"the key file {settings.key_file} holds no key that Backline can use: {_text(error)}"


def _not_let_in(settings: ConnectionSettings, why: str) -> Unreachable:
    who = f"{settings.user}@{settings.host}" if settings.user else settings.host
    offered = f" with the key {settings.key_file}" if settings.key_file else ""
    return Unreachable(
        f"{settings.host} did not let {settings.user or 'us'} in{offered}: {why}",
        hint=f"give it your public key:  ssh-copy-id -p {settings.port} {shlex.quote(who)}\n"
        f"and see whether this works:  {_ssh(settings)}",
    )


def _ssh(settings: ConnectionSettings) -> str:
    who = f"{settings.user}@{settings.host}" if settings.user else settings.host
    key = ["-i", settings.key_file] if settings.key_file else []
    known = ["-o", f"UserKnownHostsFile={settings.known_hosts_file}"] if settings.known_hosts_file else []
    return shlex.join(["ssh", "-p", str(settings.port), *key, *known, who, "true"])


def _text(error: BaseException) -> str:
    return str(error).strip() or "the other side closed the connection"
