"""Private keys on this machine's disk, read once a run, and the certificates that belong to them."""

from __future__ import annotations

import base64
import copy
import os
import threading

import paramiko
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    load_ssh_public_identity,
)
from paramiko.pkey import UnknownKeyType

from backline.resources.dataclass import dataclass
from backline.transport.asking import Asking

CERTIFICATE_END = "-cert.pub"
TRIES = 3
"""Passphrases that a person may try for one key, as with ssh."""
ENCRYPTED = (paramiko.PasswordRequiredException, TypeError)
"""The second is cryptography's word for a missing passphrase."""
UNREADABLE = (paramiko.SSHException, UnknownKeyType, ValueError)


@dataclass(frozen=True)
class KeyFile:
    """What a private key's file gave: the key, or why there is none."""

    path: str
    key: paramiko.PKey | None = None
    problem: str = ""


class Keys:
    """The key files of one run. Any thread may ask; a passphrase is asked for once a run."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._lock = threading.Lock()
        self._open: dict[str, KeyFile] = {}
        self._unlocked: dict[str, KeyFile] = {}

    def file(self, path: str) -> KeyFile | None:
        """The key as it lies there; None if it has a passphrase."""
        with self._lock:
            if path not in self._open:
                found = _read(path, None)
                if found is None:
                    return None
                self._open[path] = found
            return self._open[path]

    def unlocked(self, path: str) -> KeyFile:
        """The key behind its passphrase, which a person is asked for."""
        with self._lock:
            if path not in self._unlocked:
                self._unlocked[path] = self._ask(path)
            return self._unlocked[path]

    def _ask(self, path: str) -> KeyFile:
        for attempt in range(TRIES):
            wrong = "that was not it; " if attempt else ""
            passphrase = self._asking.secret(f"{wrong}passphrase of the key {path}{' ' * attempt}: ")
            if passphrase is None:
                return KeyFile(
                    path, problem="has a passphrase, no SSH agent has the key, and nobody is here to be asked"
                )
            found = _read(path, passphrase.reveal())
            if found is not None and found.key is not None:
                return found
        return KeyFile(path, problem=f"has another passphrase than the {TRIES} that were given")


def public_part(path: str) -> bytes | None:
    """The public key of a private key's file, or of a file that is itself a public key (an agent has the private one);
    None where neither can be told without a passphrase."""
    for name in (path, f"{path}.pub"):
        try:
            with open(name, "rb") as file:
                words = file.read(65536).split()
        except OSError:
            continue
        if len(words) >= 2 and words[0].startswith((b"ssh-", b"ecdsa-", b"sk-")):
            try:
                return base64.b64decode(words[1], validate=True)
            except ValueError:
                continue
    return None


def with_certificates(key: paramiko.PKey, files: tuple[str, ...]) -> list[paramiko.PKey]:
    """The key with each certificate that is for it, then without: as ssh offers them."""
    found = []
    for file in files:
        if _certified(file) == key.asbytes():
            certified = _bare(key)
            certified.load_certificate(file)
            found.append(certified)
    return [*found, _bare(key)]


def _bare(key: paramiko.PKey) -> paramiko.PKey:
    """The same key without a certificate, as an object of its own."""
    if isinstance(key, paramiko.AgentKey):
        return paramiko.AgentKey(key.agent, key.blob, key.comment)
    bare = copy.copy(key)
    bare.public_blob = None
    return bare


def _certified(file: str) -> bytes | None:
    """The public key that a certificate is for."""
    try:
        with open(file, "rb") as content:
            identity = load_ssh_public_identity(content.read().strip())
    except (OSError, ValueError):
        return None
    if not isinstance(identity, SSHCertificate):
        return None
    return base64.b64decode(identity.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])


def _read(path: str, passphrase: str | None) -> KeyFile | None:
    """None: it has a passphrase, and this is not it."""
    secret = passphrase.encode() if passphrase is not None else None
    try:
        # Paramiko calls the second argument by another name in each of its major versions.
        return KeyFile(path, paramiko.PKey.from_path(os.path.expanduser(path), secret))  # type: ignore[arg-type]
    except OSError as error:
        return KeyFile(path, problem=f"cannot be read: {error.strerror}")
    except ENCRYPTED:
        return None
    except UNREADABLE as error:
        if passphrase is not None:
            return None
        return KeyFile(path, problem=f"holds no key that Backline can use: {error}")
