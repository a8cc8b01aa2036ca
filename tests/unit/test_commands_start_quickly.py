"""Listing the commands loads nothing that only doing something needs: Paramiko costs 65 ms, Jinja2 20."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEAR = ("fabric", "jinja2", "paramiko", "rich")
LIST = f"""
import sys
from invoke.program import Program
Program().run(["inv", "--list"], exit=False)
print("loaded:", [name for name in {DEAR!r} if name in sys.modules])
"""


def test_listing_the_commands_loads_neither_ssh_nor_templates_nor_a_console() -> None:
    done = subprocess.run([sys.executable, "-c", LIST], cwd=ROOT, capture_output=True, text=True)
    assert "deploy" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"
