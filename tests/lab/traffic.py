"""What has gone to and from a host: connections and channels by its sshd's log, bytes and frames by its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CONNECTED = "Connection from "
SESSION = "Starting session: "


@dataclass(frozen=True)
class Traffic:
    """`channels` are those on which a command, a shell or a subsystem was started. Frames are counted since the line
    was led, which outlives a reset; the rest since the host began."""

    connections: int
    channels: int
    bytes_in: int
    bytes_out: int
    frames_in: int
    frames_out: int


def traffic(root: Path, link: str) -> Traffic:
    """Counted now, by the host's files as seen from here and the machine's end of its line."""
    lines = (root / "var/log/sshd.log").read_text(errors="replace").splitlines()
    return Traffic(
        connections=sum(line.startswith(CONNECTED) for line in lines),
        channels=sum(line.startswith(SESSION) for line in lines),
        bytes_in=_counter(link, "tx_bytes"),
        bytes_out=_counter(link, "rx_bytes"),
        frames_in=_counter(link, "tx_packets"),
        frames_out=_counter(link, "rx_packets"),
    )


def _counter(link: str, name: str) -> int:
    """What the machine's end sends, the host gets."""
    return int(Path(f"/sys/class/net/{link}/statistics/{name}").read_text())
