"""Things that people and programs do to paths behind our back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

Vandalism = Callable[[Path], None]


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def replace_by_file(path: Path) -> None:
    remove(path)
    path.write_text("not yours")


def replace_by_link(path: Path) -> None:
    remove(path)
    path.symlink_to("/etc/hostname")


def replace_by_directory(path: Path) -> None:
    remove(path)
    path.mkdir()


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("more\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def forbid(path: Path) -> None:
    path.chmod(0o700 if path.is_dir() else 0o600)


def open_up(path: Path) -> None:
    path.chmod(0o777)


def point_elsewhere(path: Path) -> None:
    path.unlink()
    os.symlink("/nowhere/at/all", path)
