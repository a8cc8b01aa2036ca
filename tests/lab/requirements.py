"""What a machine must have for a lab, and what this one lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.lab.faults import NoLabHere
from tests.lab.processes import SYSTEM_PATH

PROGRAMS = {
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "bridge": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "chroot": "coreutils",
    "ssh-keygen": "openssh-client",
}
"""A program, and the Debian package that has it."""
PACKAGE_PROGRAMS = {"tinyproxy": "tinyproxy-bin"}
"""What hosts need besides that are to install packages."""
NAMESPACES = ("--mount", "--uts", "--ipc", "--pid", "--fork", "--net")


def require_lab() -> None:
    """Raises NoLabHere with everything that is missing for a lab."""
    _require(_missing())


def require_packages() -> None:
    """The same for hosts that are to install packages."""
    _require(tuple(_programs_missing(PACKAGE_PROGRAMS)))


def _require(missing: tuple[str, ...]) -> None:
    if missing:
        raise NoLabHere(f"no lab on this machine: {'; '.join(missing)}")


@cache
def _missing() -> tuple[str, ...]:
    return tuple(_all_missing())


def _all_missing() -> Iterator[str]:
    if sys.platform != "linux":
        yield "it needs Linux"
        return
    if os.geteuid() != 0:
        yield "it needs root, for namespaces and mounts"
    yield from _programs_missing(PROGRAMS)
    if "overlay" not in Path("/proc/filesystems").read_text().split() and not shutil.which(
        "modprobe", path=SYSTEM_PATH
    ):
        yield "the kernel has no overlay file system"
    if os.geteuid() == 0 and shutil.which("unshare", path=SYSTEM_PATH):
        yield from _namespaces_missing()


def _programs_missing(programs: Mapping[str, str]) -> Iterator[str]:
    packages = {package for program, package in programs.items() if not shutil.which(program, path=SYSTEM_PATH)}
    if packages:
        yield f"missing (Debian: apt-get install {' '.join(sorted(packages))})"


def _namespaces_missing() -> Iterator[str]:
    """Root in a container has often been denied them."""
    tried = subprocess.run(
        ["unshare", *NAMESPACES, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        yield f"root may not make namespaces and mounts here ({tried.stderr.strip()})"
