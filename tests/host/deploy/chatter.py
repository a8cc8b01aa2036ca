"""A stand-in program that writes numbered lines at a rate until it is told to end, and then says how many it wrote.

    python chatter.py NAME BURST RATE

BURST lines come at once, then RATE a second. A line is `NAME PID NUMBER …`, the last one `NAME PID end COUNT`.
"""

from __future__ import annotations

import os
import signal
import sys
import time

TICK = 0.05


def main(name: str, burst: int, rate: int) -> None:
    told_to_end: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told_to_end.append(number))
    begun, written = time.monotonic(), 0
    while not told_to_end:
        wanted = burst + int((time.monotonic() - begun) * rate)
        for start in range(written, wanted, 500):
            write("".join(line(name, number) for number in range(start, min(start + 500, wanted))))
            written = min(start + 500, wanted)
            if told_to_end:
                break
        time.sleep(TICK)
    write(f"{name} {os.getpid()} end {written}\n")


def line(name: str, number: int) -> str:
    return f"{name} {os.getpid()} {number} {'.' * (70 + number % 13)}\n"


def write(text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
