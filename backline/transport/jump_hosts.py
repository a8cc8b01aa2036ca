"""The hosts on the way: `ansible_ssh_common_args: -J deploy@gate.example.com:2222`, or ProxyJump of ssh's own file.

As with ssh, a hop has its own user, port and keys by its own configuration; the host's key is offered to it besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backline.resources.dataclass import replace
from backline.transport.destination import Destination, hops_of

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings


def last_hop(settings: ConnectionSettings, destination: Destination) -> ConnectionSettings | None:
    """How to reach the last of the jump hosts, itself through those before it; None where the way is direct.

    A hop whose own configuration leads through itself (ProxyJump under `Host *`) is reached directly."""
    *earlier, last = hops_of(destination) or [""]
    if not last or destination.proxy_command:
        return None
    user, _, place = last.removeprefix("ssh://").rpartition("@")
    host, port = _place(place)
    if (host, port or destination.port) == (settings.host, destination.port) and user in ("", destination.user):
        return None
    return replace(
        settings,
        host=host,
        port=port,
        user=user,
        proxy_jump=",".join(earlier),
        proxy_command="",
        password=None,
        host_key_alias="",
        unreachable_hint="",
    )


def _place(text: str) -> tuple[str, int]:
    """`host`, `host:port`, `[address]:port`; an IPv6 address without brackets has no port behind it. 0: not said."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port.lstrip(":") or 0)
    host, colon, port = text.partition(":")
    return (host, int(port)) if colon and port.isdecimal() else (text, 0)
