"""From a host's settings to a stream: SSH, or this machine where the inventory says `ansible_connection: local`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backline.transport.stream import begin_with

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings
    from backline.transport.access import Access
    from backline.transport.stream import AttendedStream

LOCAL = "local"


def open_stream(
    settings: ConnectionSettings, command: str, access: Access | None = None, first: bytes = b""
) -> AttendedStream:
    """Run a shell command where the settings say, and give its standard input, of which `first` is sent as early as can
    be, and output. Raises Unreachable."""
    if settings.connection == LOCAL:
        from backline.transport.local import open_local

        return begin_with(open_local(["/bin/sh", "-c", command]), first)
    from backline.transport.ssh import open_ssh  # Paramiko costs 65 ms, which a local run need not pay

    return open_ssh(settings, command, access, first)
