"""The line that runs manage.py in a release, in the shells that people log in with, whatever its folder is called."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from backline.commands.managing import line_in_release

FOLDERS = ("plain", "with a space", "it's", 'a "quoted" one', "$HOME;touch x", "100%", "-n", "umlaut ü", "back\\slash")
ARGUMENTS = ("shell", "-c", "print('a  b', \"c\", $HOME, *)")


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_folder_and_arguments_arrive_as_they_are(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    for name in FOLDERS:
        release = tmp_path / name / "releases" / "1"
        launcher = release / ".backline/run"
        launcher.parent.mkdir(parents=True)
        launcher.write_text('#!/bin/sh\nprintf "%s\\n" "$PWD" "$@"\n')
        launcher.chmod(0o755)
        line = line_in_release(str(release), ARGUMENTS)
        done = subprocess.run([program, "-c", line], capture_output=True, text=True, check=True, cwd=tmp_path)
        python = str(release / ".venv/bin/python")
        assert done.stdout.splitlines() == [str(release), python, "manage.py", *ARGUMENTS]
        assert not (tmp_path / "x").exists()
