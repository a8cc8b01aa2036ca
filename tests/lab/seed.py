"""The files in which one host differs from the next: its name, its keys, and where its packages come from."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.lab.image import AUTHORIZED_KEYS
from tests.lab.keys import client_key, host_keys, public_line
from tests.lab.package_settings import package_files
from tests.lab.records import HostRecord, LabRecord

INIT = Path(__file__).with_name("host-init.sh")


@dataclass(frozen=True)
class SeedFile:
    path: str
    text: str
    mode: int = 0o644


def seed_of(lab: LabRecord, host: HostRecord) -> tuple[SeedFile, ...]:
    neighbours = "".join(
        f"{lab.network.address(other.number)} {other.name}\n" for other in lab.hosts if other is not host
    )
    keys = [
        SeedFile(f"/etc/ssh/{file.name}", file.read_text(), mode)
        for key in host_keys(host.name)
        for file, mode in ((key, 0o600), (key.with_name(key.name + ".pub"), 0o644))
    ]
    return (
        SeedFile("/etc/hostname", f"{host.name}\n"),
        SeedFile("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {host.name}\n{neighbours}"),
        SeedFile(AUTHORIZED_KEYS, public_line(client_key()) + "\n"),
        SeedFile("/usr/sbin/lab-init", INIT.read_text(), 0o755),
        *keys,
        *(SeedFile(path, text) for path, text in package_files(lab).items()),
    )


def lay_out(folder: Path, files: tuple[SeedFile, ...]) -> None:
    """Write them below a fresh folder. They are copied over the host's root with the modes of their folders."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in files:
        place = folder / file.path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.text)
        place.chmod(file.mode)
    for directory in (folder, *(place for place in folder.rglob("*") if place.is_dir())):
        directory.chmod(0o755)
