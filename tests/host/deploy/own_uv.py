"""The uv of the tests' own virtualenv, for hosts that need not fetch one: the README's test shows that they do."""

from __future__ import annotations

import sysconfig
from pathlib import Path

OWN_UV = Path(sysconfig.get_path("scripts"), "uv")


def folder_with_uv(folder: Path) -> Path:
    """The folder, in which uv is now the one program."""
    (folder / "uv").symlink_to(OWN_UV)
    return folder
