"""Packages of a few bytes in a folder that pip and uv install from, so that no test waits for an index."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str = "1.0", files: dict[str, str] | None = None) -> str:
    """Write a wheel with an importable module and more files; returns its SHA-256."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    metadata = f"{name}-{version}.dist-info"
    contents = {
        f"{name}.py": f"version = '{version}'\n",
        **(files or {}),
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{metadata}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{each},,\n" for each in (*contents, f"{metadata}/RECORD"))
    with zipfile.ZipFile(path, "w") as wheel:
        for each, text in {**contents, f"{metadata}/RECORD": record}.items():
            entry = zipfile.ZipInfo(each)
            entry.external_attr = (0o100755 if text.startswith("#!") else 0o100644) << 16
            wheel.writestr(entry, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()
