"""Where a lab keeps things, outside the repository: images and keys for all labs, a folder for each lab."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

FOLDER_VARIABLE = "BACKLINE_LAB_DIR"


def lab_folder() -> Path:
    """$BACKLINE_LAB_DIR, else backline-lab in the user's cache folder. It should be on a disk, not in RAM: 400 MB."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache) / "backline-lab"


def image_folder() -> Path:
    return lab_folder() / "images"


def key_folder() -> Path:
    return lab_folder() / "keys"


def labs_folder() -> Path:
    return lab_folder() / "labs"


@contextmanager
def locked(place: Path) -> Generator[None]:
    """Nobody else works on `place` meanwhile. The kernel lets go of the lock when its holder dies."""
    make_folder(place.parent)
    with place.with_name(place.name + ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_folder(place: Path) -> Path:
    """With its parents, and closed to other users: there are keys below."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def write_whole(place: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file at once, so that nobody reads half of it."""
    make_folder(place.parent)
    new = place.with_name(place.name + ".new")
    new.touch(mode)
    new.chmod(mode)
    new.write_text(text)
    new.replace(place)
