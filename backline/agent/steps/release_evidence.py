"""Which release a process and its children run, read from /proc: descriptor 9 first, the working directory second.

The launcher of a release opens its release.json as descriptor 9, and that stays through exec, fork and renaming of the
process. Executable, command line and environment prove nothing.
"""

from __future__ import annotations

import os

from backline.resources.dataclass import dataclass

DELETED = " (deleted)"
RECORD_SUFFIX = "/.backline/release.json"
"""What the path of every release's record ends in; see the layout in docs/architecture.md."""


@dataclass(frozen=True)
class Verdict:
    """What /proc says of a process, and why."""

    proved: bool
    reason: str


def release_verdict(pid: int, record: str) -> Verdict:
    """Whether a process and all its descendants run the release with this record."""
    verdict = _of_process(pid, record)
    if not verdict.proved:
        return verdict
    for child in _descendants(pid):
        of_child = _of_process(child, record)
        if not (of_child.proved or _has_ended(child) or _is_other_program(child, pid, of_child)):
            return Verdict(False, f"its child {child}: {of_child.reason}")
    return verdict


class _Elsewhere(Verdict):
    """Not proved, and not contradicted: the process shows no release at all."""


def _of_process(pid: int, record: str) -> Verdict:
    true_record = os.path.realpath(record)
    try:
        opened = _link(pid, "fd/9")
        directory = _link(pid, "cwd") or ""
    except PermissionError:
        return Verdict(False, f"/proc/{pid} belongs to another user; look as root or as the app's user")
    if opened == true_record:
        return Verdict(True, "it holds the release's record open")
    if opened and (opened.endswith(RECORD_SUFFIX) or opened.endswith(RECORD_SUFFIX + DELETED)):
        return Verdict(False, f"it holds the record of another release: {opened}")
    release = os.path.dirname(os.path.dirname(true_record))
    if not directory.endswith(DELETED) and f"{directory}/".startswith(f"{release}/"):
        return Verdict(True, "by its working directory: it does not hold the release's record open")
    return _Elsewhere(False, f"it does not hold the release's record open, and works in {directory or 'no directory'}")


def _is_other_program(child: int, parent: int, verdict: Verdict) -> bool:
    """Whether a child that shows no release is a tool that the app has started, as ffmpeg, rather than part of it."""
    if not isinstance(verdict, _Elsewhere):
        return False
    try:
        return _link(child, "exe") != _link(parent, "exe")
    except PermissionError:
        return False


def _has_ended(pid: int) -> bool:
    """Gone, or a zombie, which has no executable any more."""
    try:
        return _link(pid, "exe") is None
    except PermissionError:
        return False


def _link(pid: int, name: str) -> str | None:
    """Where a link of /proc/PID points; None where there is none, or the process has ended."""
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except (FileNotFoundError, ProcessLookupError):
        return None


def _descendants(pid: int) -> tuple[int, ...]:
    """All processes below a process, from everybody's parent: not every kernel has /proc/PID/task/TID/children."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            children.setdefault(_parent(name), []).append(int(name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.extend(below)
        waiting.extend(below)
    return tuple(found)


def _parent(pid: str) -> int:
    """The parent of a process, 0 where it has none or has ended. Its name, in brackets, may contain anything."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0
