"""Every process of a sandbox, found and stopped, whatever became of the server and the supervisord that started it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from backline.commands.sandbox.environment import MARKER
from backline.commands.sandbox.kernel import ProcessState, ancestors, is_running, own_processes, process_state
from backline.resources.dataclass import dataclass

PATIENCE = 10.0
"""Seconds between TERM and KILL."""

KILL_PATIENCE = 5.0
ROUNDS = 5
"""Sweeps: what was forked while one ran is found by the next."""


@dataclass(frozen=True)
class FoundProcess:
    """A process of a sandbox, with what gave it away."""

    pid: int
    start_time: int
    command: str
    evidence: str

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.evidence}): {self.command}"


def find_processes(root: Path) -> tuple[FoundProcess, ...]:
    """What runs of the sandbox at `root`, never ourselves nor what started us."""
    spared = ancestors(os.getpid())
    return tuple(_found(root, (pid for pid in own_processes() if pid not in spared)))


def stop_processes(root: Path, patience: float = PATIENCE) -> tuple[FoundProcess, ...]:
    """TERM, wait, KILL, until a look finds nothing. Returns what was stopped; what is left, find_processes tells."""
    stopped: list[FoundProcess] = []
    for _ in range(ROUNDS):
        found = find_processes(root)
        if not found:
            break
        stopped += [process for process in found if process not in stopped]
        _stop(found, patience)
    return tuple(process for process in stopped if not is_running(process.pid, process.start_time))


def stop_process(pid: int, start_time: int, patience: float) -> None:
    """Stop one process that is known by its pid and start time."""
    _stop((FoundProcess(pid, start_time, command="", evidence=""),), patience)


def wait_until_gone(pid: int, start_time: int, patience: float) -> bool:
    """Wait for a process that was told to end by other means; False if it is still there."""
    with contextlib.ExitStack() as handles:
        _wait(_handles((FoundProcess(pid, start_time, command="", evidence=""),), handles), patience)
    return not is_running(pid, start_time)


def _found(root: Path, pids: Iterable[int]) -> Iterator[FoundProcess]:
    for pid in pids:
        state = process_state(pid)
        if state is None or state.is_zombie:
            continue
        evidence = _evidence(root, state)
        if evidence:
            yield FoundProcess(pid, state.start_time, _command(pid), evidence)


def _evidence(root: Path, state: ProcessState) -> str:
    """Why this is a process of the sandbox; empty if it is none."""
    if _has_marker(root, state.pid):
        return "started by the sandbox"
    if _is_a_persons(root, state):
        return ""
    for link in ("cwd", "exe"):
        if _lies_under(root, _link(state.pid, link)):
            return f"{link} in the sandbox"
    if re.search(rb"(?<![\w./-])" + re.escape(os.fsencode(root)) + rb"(?![\w.-])", _read(state.pid, "cmdline")):
        return "names the sandbox"
    return ""


def _is_a_persons(root: Path, state: ProcessState) -> bool:
    """Whether somebody at a terminal of their own looks at the sandbox: their shell or `tail -f` is not ours."""
    return state.terminal != 0 and bool(_read(state.session, "environ")) and not _has_marker(root, state.session)


def _has_marker(root: Path, pid: int) -> bool:
    return os.fsencode(f"{MARKER}={root}") in _read(pid, "environ").split(b"\0")


def _lies_under(root: Path, path: str) -> bool:
    path = path.removesuffix(" (deleted)")
    return path == str(root) or path.startswith(f"{root}/")


def _command(pid: int) -> str:
    words = _read(pid, "cmdline").rstrip(b"\0").split(b"\0")
    return b" ".join(words).decode("utf-8", "replace") or f"[{_read(pid, 'comm').decode('utf-8', 'replace').strip()}]"


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _link(pid: int, name: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""


def _stop(processes: Iterable[FoundProcess], patience: float) -> None:
    """By descriptors of the processes, not by their numbers: a number may by now be another's."""
    with contextlib.ExitStack() as handles:
        waiting = _handles(processes, handles)
        for number, limit in ((signal.SIGTERM, patience), (signal.SIGKILL, KILL_PATIENCE)):
            for handle in waiting:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, number)
            waiting = _wait(waiting, limit)


def _handles(processes: Iterable[FoundProcess], stack: contextlib.ExitStack) -> frozenset[int]:
    handles = set()
    for process in processes:
        try:
            handle = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        stack.callback(os.close, handle)
        if is_running(process.pid, process.start_time):
            handles.add(handle)
    return frozenset(handles)


def _wait(handles: frozenset[int], patience: float) -> frozenset[int]:
    """Wait until all have ended, as zombies too; returns those that have not."""
    waiting = select.poll()
    for handle in handles:
        waiting.register(handle, select.POLLIN)
    deadline = time.monotonic() + patience
    left = set(handles)
    while left:
        ended = {handle for handle, _ in waiting.poll(max(0.0, deadline - time.monotonic()) * 1000)}
        if not ended:
            break
        for handle in ended:
            waiting.unregister(handle)
        left -= ended
    return frozenset(left)
