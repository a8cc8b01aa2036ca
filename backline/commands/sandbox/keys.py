"""The sandbox's keys: made by Python, since a machine without an SSH client has no ssh-keygen."""

from __future__ import annotations

import os
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def ensure_key(path: Path) -> paramiko.Ed25519Key:
    """The private ed25519 key in that file, made if there is none; for its owner's eyes only."""
    if not path.exists():
        text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        candidate = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        candidate.rename(path)
    return paramiko.Ed25519Key.from_private_key_file(str(path))


def known_hosts_line(key: paramiko.PKey, port: int) -> str:
    """What ssh finds the server's key by in a file of known hosts."""
    return f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n"
