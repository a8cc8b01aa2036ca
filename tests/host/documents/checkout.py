"""A checkout of one's own: what git has of this one, as the first commit of another repository, in a short folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parents[3]
DEADLINE = 600
"""Seconds until a command that hangs is given up."""
WATCHED = 8.0
"""Seconds after its first words for which somebody watches what does not end by itself."""
MARKER = ".backline-complete"
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
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, line: str, interrupted: bool = False) -> Ended:
        """A line of shell, in the folder. What is to be interrupted is sent Ctrl-C after a while."""
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {line}" if interrupted else line],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            if interrupted:
                _watch(said.fileno())
                process.send_signal(signal.SIGINT)
            code = process.wait(DEADLINE)
            said.seek(0)
            return Ended(said.read(), code)

    def _environment(self) -> dict[str, str]:
        """As of somebody who activated the virtualenv."""
        return {
            **os.environ,
            **IDENTITY,
            "PATH": f"{self.folder}/.venv/bin:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "BACKLINE_SANDBOX_ROOT": str(self.root),
            **self.environment,
        }


def copy_checkout(folder: Path, root: Path, **environment: str) -> Checkout:
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
    checkout = Checkout(folder, root, environment)
    _link_virtualenv(checkout)
    done = checkout.run("git init --quiet --initial-branch main && git add --all && git commit --quiet -m begin")
    assert done.code == 0, done.said
    return checkout


def _link_virtualenv(checkout: Checkout) -> None:
    """A .venv made of links to the one that runs the tests, with the marker by which make takes it for whole."""
    environment = checkout.folder / ".venv"
    environment.mkdir()
    for item in Path(sys.prefix).iterdir():
        if item.name != MARKER:
            (environment / item.name).symlink_to(item)
    contents = checkout.run("cat setup.cfg pyproject.toml | cksum").said
    (environment / MARKER).write_text(f"{checkout.folder.resolve()}\n{contents}")


def _watch(descriptor: int) -> None:
    """Until something was said, and then for a while."""
    deadline = time.monotonic() + DEADLINE
    while os.fstat(descriptor).st_size == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(WATCHED)
