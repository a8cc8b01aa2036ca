"""What the work brings besides templates, the same bytes every time: three wheels, a release of 200 files."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import random
import tarfile
import zipfile
from pathlib import Path

WHEELS = (("kioskalpha", "1.0", 3), ("kioskbeta", "2.1", 5), ("kioskgamma", "0.3", 8))
"""Name, version, modules."""
FILES = 200
FIRST_DAY_OF_ZIP = (1980, 1, 1, 0, 0, 0)
WAITS = """import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    time.sleep(3600)
"""


def make_artifacts(folder: Path) -> None:
    """Write `wheels/*.whl` and `release.tar.gz` into a folder."""
    (folder / "wheels").mkdir(parents=True, exist_ok=True)
    for name, version, modules in WHEELS:
        (folder / "wheels" / f"{name}-{version}-py3-none-any.whl").write_bytes(wheel(name, version, modules))
    (folder / "release.tar.gz").write_bytes(release())


def wheel(name: str, version: str, modules: int) -> bytes:
    """A package of functions that add."""
    information = f"{name}-{version}.dist-info"
    files = {f"{name}/__init__.py": f'__version__ = "{version}"\n'}
    for number in range(modules):
        files[f"{name}/part{number}.py"] = f"def add{number}(value):\n    return value + {number}\n\n" * 20
    files[f"{information}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files[f"{information}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    files[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n"
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, FIRST_DAY_OF_ZIP), text)
    return whole.getvalue()


def release() -> bytes:
    """A project of 200 files and about a megabyte, most of it words."""
    chance = random.Random(11)  # noqa: S311 (words, not keys)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvwy", k=chance.randint(3, 11))) for _ in range(800)]
    files = {"manage.py": "#!/usr/bin/env python3\nprint('manage')\n", "bin/waits.py": WAITS}
    for number in range(FILES - len(files)):
        folder, ending = (f"apps/app{number % 9}", "py") if number % 4 else (f"static/d{number % 5}", "css")
        lines = (f"    {' '.join(chance.choices(words, k=9))}\n" for _ in range(chance.randint(20, 140)))
        files[f"{folder}/file{number:03}.{ending}"] = "".join(lines)
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for folder in sorted({str(place) for path in files for place in Path(path).parents if str(place) != "."}):
            directory = tarfile.TarInfo(folder)
            directory.type, directory.mtime, directory.mode = tarfile.DIRTYPE, 1772323200, 0o755
            archive.addfile(directory)
        for path, text in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.size, member.mtime, member.mode = len(text), 1772323200, 0o755 if path == "manage.py" else 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(whole.getvalue(), mtime=0)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
