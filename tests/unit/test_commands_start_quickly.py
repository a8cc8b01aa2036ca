"""Lists and help load nothing that only doing something needs: Paramiko costs 65 ms, Jinja2 20."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEAR = ("fabric", "jinja2", "paramiko", "rich")
ASK = f"""
import sys
from invoke.program import Program
Program().run(["inv", *sys.argv[1:]], exit=False)
print("loaded:", [name for name in {DEAR!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--list"], "deploy"), (["deploy", "--help"], "inv deploy --host prod"), (["--help"], "--list")],
)
def test_what_only_tells_loads_neither_ssh_nor_templates_nor_a_console(words: list[str], told: str) -> None:
    done = subprocess.run([sys.executable, "-c", ASK, *words], cwd=ROOT, capture_output=True, text=True)
    assert told in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"
