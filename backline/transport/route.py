"""The way to a destination: straight, through jump hosts, or by a command's pipes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from backline.resources.failure import Unreachable
from backline.transport.jump_hosts import last_hop
from backline.transport.lines import ChannelLine, Line, open_command
from backline.transport.tcp import open_socket

if TYPE_CHECKING:
    from typing import Protocol

    import paramiko

    from backline.settings.connection import ConnectionSettings
    from backline.transport.destination import Destination

    class Hop(Protocol):
        """A host on the way, logged in."""

        def open_way_to(self, host: str, port: int) -> paramiko.Channel: ...
        def close(self) -> None: ...


class Route:
    """May be opened again after the line was closed; the hop stays. Close it."""

    def __init__(
        self,
        settings: ConnectionSettings,
        destination: Destination,
        log_in: Callable[[ConnectionSettings], Hop],
    ) -> None:
        """`log_in` connects to a hop. Raises Unreachable."""
        self._destination = destination
        hop = last_hop(settings, destination)
        self._hop = log_in(hop) if hop is not None else None

    def open(self) -> Line:
        """A line to the destination. Raises Unreachable."""
        destination = self._destination
        if self._hop is not None:
            return ChannelLine(self._hop.open_way_to(destination.host, destination.port))
        if destination.proxy_command:
            return open_command(destination.proxy_command)
        try:
            return open_socket(destination.host, destination.port, destination.timeout)
        except Unreachable as failure:
            failure.hint = destination.hint or failure.hint
            raise

    def close(self) -> None:
        """Leave the hop."""
        if self._hop is not None:
            self._hop.close()
