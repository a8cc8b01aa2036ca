"""A checkout of one's own: what git has of this one, as the first commit of another repository, in a short folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[3]
DEADLINE = 600
"""Seconds until a command that hangs is given up."""
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Somebody"), ("EMAIL", "somebody@example.com"))
}


@dataclass(frozen=True)
class Ended:
    """A command that ended; `said` is both streams as they came."""

    said: str
    code: int


@dataclass(frozen=True)
class Checkout:
    """`folder` has .venv, as `make environment` makes it; the sandbox's files lie in `root`."""

    folder: Path
    root: Path

    def run(self, line: str) -> Ended:
        """A line of shell, in the folder."""
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env={**os.environ, **IDENTITY, "PYTHONPATH": str(self.folder), "BACKLINE_SANDBOX_ROOT": str(self.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
        )
        return Ended(done.stdout, done.returncode)


def copy_checkout(folder: Path, root: Path) -> Checkout:
    """The files that git would commit here, and a link to the virtualenv that runs the tests."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (HERE / name).exists():
            shutil.copy2(HERE / name, folder / name, follow_symlinks=False)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".git").mkdir()
    (folder / ".git" / "info").mkdir()
    checkout = Checkout(folder, root)
    begin = "git init --quiet --initial-branch main && echo .venv >>.git/info/exclude && git add --all"
    done = checkout.run(f"{begin} && git commit --quiet -m begin")
    assert done.code == 0, done.said
    return checkout
