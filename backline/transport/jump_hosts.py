"""The hosts on the way: `ansible_ssh_common_args: -J deploy@gate.example.com:2222`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from backline.transport.known_hosts import SSH_PORT

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings


def last_hop(settings: ConnectionSettings) -> ConnectionSettings:
    """How to reach the last of the jump hosts, itself through those before it; user and key are the host's own."""
    earlier, _, last = settings.proxy_jump.rpartition(",")
    user, _, place = last.strip().removeprefix("ssh://").rpartition("@")
    host, port = _place(place)
    return replace(settings, host=host, port=port, user=user or settings.user, proxy_jump=earlier, password=None)


def _place(text: str) -> tuple[str, int]:
    """`host`, `host:port`, `[address]:port`; an IPv6 address without brackets has no port behind it."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port.lstrip(":") or SSH_PORT)
    host, colon, port = text.partition(":")
    return (host, int(port)) if colon and port.isdecimal() else (text, SSH_PORT)
