"""What runs on hosts is imported by every Python from 3.8 to 3.13 that this machine has, with nothing installed."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from glob import glob
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agent", "resources")
VERSIONS = tuple(f"3.{minor}" for minor in range(8, 14))
IMPORT = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); [importlib.import_module(name) for name in sys.argv[2:]]"
)
DEAR = {"re", "shutil", "subprocess", "tempfile", "threading", "typing"}
"""What costs a host 8 to 17 ms each to import; imported in the function that needs it."""


def modules() -> list[str]:
    files = sorted(file for room in ROOMS for file in (ROOT / "backline" / room).rglob("*.py"))
    return [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]


@lru_cache(maxsize=1)
def pythons() -> dict[str, str]:
    """One interpreter a version: from PATH, else from pyenv. A shim that answers for none is passed over."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found: dict[str, str] = {}
    for version in VERSIONS:
        named = shutil.which(f"python{version}")
        from_pyenv = sorted(glob(f"{pyenv}/versions/{version}.*/bin/python"))  # empty where we may not look
        for candidate in [*([named] if named else []), *from_pyenv]:
            if version not in found and says_it_is(candidate, version):
                found[version] = candidate
    return found


def says_it_is(python: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-I", "-S", "-c", code], capture_output=True, text=True).stdout.strip() == version


@pytest.mark.parametrize("version", sorted(pythons(), key=VERSIONS.index))
def test_rooms_of_the_host_are_imported_by(version: str) -> None:
    command = [pythons()[version], "-I", "-S", "-B", "-W", "error", "-c", IMPORT, str(ROOT), *modules()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_some_python_was_tried() -> None:
    assert pythons() or sys.version_info >= (3, 14)


@pytest.mark.parametrize("module", modules())
def test_dear_modules_are_imported_late_by(module: str) -> None:
    assert not DEAR & set(imported_at_once(module))


def imported_at_once(module: str) -> list[str]:
    """The standard modules that importing this one imports, but for what only type checkers read."""
    path = ROOT / Path(*module.split("."))
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            names += [name.name.partition(".")[0] for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append((node.module or "").partition(".")[0])
    return names
