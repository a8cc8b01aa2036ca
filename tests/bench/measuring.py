"""One command measured: how long, what it cost here, and what went over the line."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers.peer import Invocation
from tests.lab.host import Host

CLEAN_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
LONGEST = 1800
"""Seconds until a command that hangs is given up."""


@dataclass(frozen=True)
class Measure:
    """`seconds` from start to exit; `cpu` seconds and `memory` (bytes, of the largest process) of the command and the
    processes that it waited for; the rest is summed over the hosts, `bytes_out` towards them."""

    seconds: float
    cpu: float
    memory: int
    connections: int
    channels: int
    bytes_out: int
    bytes_in: int


class CommandFailed(Exception):
    """Its exit code, and the end of what it said."""


def measure(invocation: Invocation, hosts: Sequence[Host], home: Path, log: Path) -> Measure:
    """Run a command in a clean environment. Raises CommandFailed."""
    environment = {"HOME": str(home), "PATH": CLEAN_PATH, "LANG": "C.UTF-8", "TERM": "dumb", **invocation.environment}
    before = [host.traffic() for host in hosts]
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            invocation.argv,
            env=environment,
            cwd=invocation.folder or home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    after = [host.traffic() for host in hosts]
    if process.returncode != 0:
        raise CommandFailed(f"exit code {process.returncode}\n{log.read_text(errors='replace')[-3000:]}")

    def grown(name: str) -> int:
        return sum(getattr(new, name) - getattr(old, name) for old, new in zip(before, after, strict=True))

    return Measure(
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss * 1024,
        connections=grown("connections"),
        channels=grown("channels"),
        bytes_out=grown("bytes_in"),
        bytes_in=grown("bytes_out"),
    )


def close_masters(home: Path) -> None:
    """End the SSH connections that Ansible keeps open, so that each run connects for itself."""
    for socket in home.glob(".ansible/cp/*"):
        ending = ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "nobody"]
        subprocess.run(ending, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        socket.unlink(missing_ok=True)
