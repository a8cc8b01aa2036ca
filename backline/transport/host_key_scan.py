"""Which keys a host shows, one connection for each kind, nothing sent but the key exchange: also through jump hosts."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from backline.resources.dataclass import dataclass
from backline.transport.connection import SSHConnection, text_of
from backline.transport.exchange import PATIENCE, Transport
from backline.transport.jump_hosts import last_hop
from backline.transport.known_hosts import KnownKey, Mark, fingerprint, known_keys
from backline.transport.refusals import not_ssh
from backline.transport.route import Route

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access
    from backline.transport.destination import Destination

KINDS = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)
"""Each as the names under which it is asked for."""


@dataclass(frozen=True)
class ShownKey:
    """A host key, as the host shows it."""

    kind: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.blob)


@dataclass(frozen=True)
class Shown:
    """What a host shows, and what known_hosts says of it."""

    destination: Destination
    keys: tuple[ShownKey, ...]
    known: tuple[KnownKey, ...]

    @property
    def is_known(self) -> bool:
        """Whether one of its keys is known, and none is another than the known one of its kind."""
        blobs = {entry.blob for entry in self.plainly_known}
        return any(key.blob in blobs for key in self.keys) and not self.replaced

    @property
    def plainly_known(self) -> tuple[KnownKey, ...]:
        return tuple(entry for entry in self.known if entry.mark == Mark.KNOWN)

    @property
    def replaced(self) -> tuple[KnownKey, ...]:
        """Known keys of a kind of which the host shows another now."""
        shown = {(key.kind, key.blob) for key in self.keys}
        kinds = {kind for kind, _ in shown}
        return tuple(
            entry for entry in self.plainly_known if entry.kind in kinds and (entry.kind, entry.blob) not in shown
        )

    @property
    def revoked(self) -> tuple[KnownKey, ...]:
        blobs = {key.blob for key in self.keys}
        return tuple(entry for entry in self.known if entry.mark == Mark.REVOKED and entry.blob in blobs)


def stations(settings: ConnectionSettings, access: Access) -> Sequence[ConnectionSettings]:
    """The hosts on the way, then the host: each can be asked once those before it are trusted."""
    hop = last_hop(settings, access.destination(settings))
    return [*(stations(hop, access) if hop is not None else ()), settings]


def shown_keys(settings: ConnectionSettings, access: Access) -> Shown:
    """The keys that a host shows now. Raises Unreachable."""
    destination = access.destination(settings)
    route = Route(settings, destination, lambda hop: SSHConnection(hop, access))
    try:
        asked = (
            access.pace.patiently(destination.host, destination.port, partial(_shown, route, destination, kinds))
            for kinds in KINDS
        )
        keys = tuple(key for key in asked if key is not None)
    finally:
        route.close()
    return Shown(destination, keys, known_keys(destination.known_hosts, destination.known_as))


def _shown(route: Route, destination: Destination, kinds: Sequence[str]) -> ShownKey | None:
    """The host's key of one kind; None if it has none."""
    line = route.open()
    transport = Transport(line)  # type: ignore[arg-type]  # whatever can send and receive
    transport.banner_timeout = PATIENCE
    transport.get_security_options().key_types = kinds
    try:
        transport.start_client(timeout=PATIENCE)
        key = transport.get_remote_server_key()
        return ShownKey(key.get_name(), key.asbytes())
    except IncompatiblePeer:
        return None
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise not_ssh(destination, line, text_of(error)) from error
    finally:
        with contextlib.suppress(OSError, EOFError):
            line.shutdown(socket.SHUT_RDWR)
        transport.close()
        line.close()
