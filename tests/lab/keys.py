"""The SSH keys of labs: one to log in with, and for each host one of every kind. Made once and kept for all labs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.lab.faults import LabError
from tests.lab.places import key_folder, locked, make_folder

KINDS = {"ed25519": (), "ecdsa": (), "rsa": ("-b", "2048")}


def client_key() -> Path:
    """The private key with which every user of every host can be logged in to."""
    return key_folder() / "id_ed25519"


def host_keys(name: str) -> tuple[Path, ...]:
    """The private keys of a host, as its sshd looks for them."""
    return tuple(key_folder() / name / f"ssh_host_{kind}_key" for kind in KINDS)


def public_line(key: Path) -> str:
    """Kind and key, without a comment."""
    return " ".join(key.with_name(key.name + ".pub").read_text().split()[:2])


def make_keys(names: Iterable[str]) -> None:
    """All that are missing, at once: an RSA key takes a while."""
    with locked(key_folder()):
        wanted = [
            (client_key(), "ed25519"),
            *((key, kind) for name in names for key, kind in zip(host_keys(name), KINDS, strict=True)),
        ]
        making = [_started(key, kind) for key, kind in wanted if not key.exists()]
        if any([process.wait() for process in making]):
            raise LabError("ssh-keygen failed")


def _started(key: Path, kind: str) -> subprocess.Popen[bytes]:
    make_folder(key.parent)
    options = ("-q", "-N", "", "-C", "lab", "-t", kind, *KINDS[kind])
    return subprocess.Popen(["ssh-keygen", *options, "-f", str(key)], stdin=subprocess.DEVNULL)
