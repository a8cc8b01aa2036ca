"""From a host's settings to a stream: SSH, or this machine where the inventory says `ansible_connection: local`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access
    from backline.transport.stream import AttendedStream

LOCAL = "local"


def open_stream(settings: ConnectionSettings, command: str, access: Access | None = None) -> AttendedStream:
    """Run a shell command where the settings say, and give its standard input and output. Raises Unreachable."""
    if settings.connection == LOCAL:
        from backline.transport.local import open_local

        return open_local(["/bin/sh", "-c", command])
    from backline.transport.ssh import open_ssh  # Paramiko costs 65 ms, which a local run need not pay

    return open_ssh(settings, command, access)
