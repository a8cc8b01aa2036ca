"""Every file of a host as one comparable value: kind, mode, owner, content."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

Snapshot = dict[str, tuple[object, ...]]


def snapshot(root: Path, leave_out: Collection[str] = (), *, times: bool = True) -> Snapshot:
    """What lies below `root` by its path there; `leave_out` are paths that are not looked at, with what is in them.

    With `times`, when a file was last written too; of the root itself nothing, since others work in it."""
    return {
        str(path.relative_to(root)): _told(path, times) for path in _below(root, {root / name for name in leave_out})
    }


def _below(directory: Path, leave_out: Collection[Path]) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        if path not in leave_out:
            yield path
            if path.is_dir() and not path.is_symlink():
                yield from _below(path, leave_out)


def _told(path: Path, times: bool) -> tuple[object, ...]:
    found = path.lstat()
    own = (stat.S_IFMT(found.st_mode), stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
    written = (found.st_mtime_ns,) if times else ()
    if stat.S_ISLNK(found.st_mode):
        return (*own, os.readlink(path), *written)
    if stat.S_ISREG(found.st_mode):
        return (*own, hashlib.sha256(path.read_bytes()).hexdigest(), *written)
    return (*own, *written)
