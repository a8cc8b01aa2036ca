"""A line of a certain length: hands every Ethernet frame between two TAP devices on, a while after it came.

    delay.py DEVICE NAMESPACE SECONDS

makes DEVICE here and eth0 in the network namespace, and runs until it is killed. TCP sees the distance in all it does:
handshake, growth of the window, acknowledgements. Nothing is lost, and as much fits through as this process can carry.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import struct
import sys
import time
from collections import deque

CLONE_NEWNET = 0x40000000
TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D0, 0x400454D8
TAP_WITH_OFFLOAD_HEADER = 0x0002 | 0x1000 | 0x4000
"""IFF_TAP, IFF_NO_PI, IFF_VNET_HDR: a frame comes with a header that says what is still to be cut up and summed."""
CHECKSUMS_AND_SEGMENTS = 0x01 | 0x02 | 0x04
"""TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6: large segments cross whole, as they do on a veth pair."""
HEADER = 10
LONGEST = 65536 + HEADER + 64


def tap(name: str) -> int:
    """A new device in the network namespace that this process is in; its descriptor."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), TAP_WITH_OFFLOAD_HEADER))
    fcntl.ioctl(device, TUNSETVNETHDRSZ, struct.pack("i", HEADER))
    fcntl.ioctl(device, TUNSETOFFLOAD, CHECKSUMS_AND_SEGMENTS)
    return device


def enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def open_both(device: str, namespace: str) -> tuple[int, int]:
    """The far end first: once DEVICE is there, both are."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(os.open(namespace, os.O_RDONLY))
    far = tap("eth0")
    enter(here)
    return tap(device), far


def carry(one: int, other: int, seconds: float) -> None:
    """For ever. The delay is the same for all, so frames leave in the order in which they came."""
    opposite = {one: other, other: one}
    under_way: deque[tuple[float, int, bytes]] = deque()
    while True:
        while under_way and under_way[0][0] <= time.monotonic():
            _, device, frame = under_way.popleft()
            with contextlib.suppress(OSError):  # the device is not up: nobody is there, and the frame is lost
                os.write(device, frame)
        rest = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for device in select.select([one, other], [], [], rest)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame = os.read(device, LONGEST)
                    under_way.append((time.monotonic() + seconds, opposite[device], frame))


if __name__ == "__main__":
    carry(*open_both(sys.argv[1], sys.argv[2]), float(sys.argv[3]))
