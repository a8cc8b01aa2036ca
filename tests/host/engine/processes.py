"""Processes that a test starts through an agent, and the agent itself, as the kernel sees them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from backline.resources.actions.run_command import RunCommand

GIVE_UP = 120.0


def eventually(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + GIVE_UP
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        threading.Event().wait(0.02)


def is_alive(pid: int) -> bool:
    """A zombie counts as gone: its parent may take its time."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def waiting(note: Path) -> RunCommand:
    """A command that writes down its own pid and the agent's, and then goes on and on."""
    return shell(f"echo $$ $PPID >{note}.new; mv {note}.new {note}; exec sleep 600")


def noted(note: Path) -> tuple[int, int]:
    """What `waiting` wrote: the command's pid, and the agent's."""
    eventually(note.exists)
    command, agent = note.read_text().split()
    return int(command), int(agent)


def shell(script: str) -> RunCommand:
    return RunCommand(("/bin/sh", "-c", script))
