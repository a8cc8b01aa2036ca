"""What `make` does first: it refuses a place that would not do, before anything is made there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_path_with_a_space_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    checkout = tmp_path / "a space"
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout / name)
    done = subprocess.run(["sh", ".ci/environment"], cwd=checkout, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"The path of the checkout holds a space: {checkout}")
    assert not (checkout / ".venv").exists()
