"""What the agent tells of its host in its first answer."""

from __future__ import annotations

import os
import sys

from backline.agent.commands import Command, environment_of
from backline.resources.dataclass import dataclass


@dataclass(frozen=True)
class Facts:
    """`memory` is in bytes, `python` the path of the interpreter that runs the agent."""

    hostname: str
    system: str
    distribution: str
    distribution_version: str
    architecture: str
    init: str
    python: str
    python_version: str
    user: str
    uid: int
    home: str
    cores: int
    memory: int


def gather_facts() -> Facts:
    """Look at this host; a few files and no command."""
    name = os.uname()
    release = _os_release()
    own = environment_of(Command(()))
    return Facts(
        hostname=name.nodename,
        system=name.sysname,
        distribution=release.get("ID", ""),
        distribution_version=release.get("VERSION_ID", ""),
        architecture=name.machine,
        init=_read("/proc/1/comm").strip(),
        python=sys.executable,
        python_version=".".join(str(part) for part in sys.version_info[:3]),
        user=own["USER"],
        uid=os.geteuid(),
        home=own["HOME"],
        cores=os.cpu_count() or 1,
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
    )


def _os_release() -> dict[str, str]:
    pairs = (line.partition("=") for line in _read("/etc/os-release").splitlines() if "=" in line)
    return {name: value.strip().strip("\"'") for name, _, value in pairs}


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
