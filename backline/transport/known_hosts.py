"""Who a host says it is, held against OpenSSH's known_hosts files, before anything is sent to it.

Paramiko's own reader forgets `@revoked`, wildcards, and all but one key of a type; a check of host keys must not.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence

from backline.resources.dataclass import dataclass

SSH_PORT = 22


class Mark:
    """What a line says of its key, by the word in front of it."""

    KNOWN = ""
    REVOKED = "@revoked"
    AUTHORITY = "@cert-authority"
    """It signs the keys of hosts."""


@dataclass(frozen=True)
class KnownKey:
    """One line of a known_hosts file that speaks of the host."""

    kind: str
    blob: bytes
    mark: str
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def known_name(host: str, port: int) -> str:
    """How known_hosts writes a host: its port only where it is not 22."""
    return host.lower() if port == SSH_PORT else f"[{host.lower()}]:{port}"


def known_keys(files: Sequence[str], name: str) -> tuple[KnownKey, ...]:
    """Every key that the files hold for this name, in their order. A file that is not there holds none."""
    return tuple(key for file in files for key in _keys_in(file, name))


def fingerprint(blob: bytes) -> str:
    """As ssh and ssh-keygen print it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def hashed(name: str) -> str:
    """The name as ssh writes it with HashKnownHosts."""
    salt = secrets.token_bytes(hashlib.sha1().digest_size)
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def _keys_in(file: str, name: str) -> Iterator[KnownKey]:
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                key = _key(line, name, file, number)
                if key is not None:
                    yield key
    except (FileNotFoundError, NotADirectoryError):
        return


def _key(line: str, name: str, file: str, number: int) -> KnownKey | None:
    fields = line.split()
    marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
    if len(fields) < 3 or fields[0].startswith("#") or marker not in (Mark.KNOWN, Mark.REVOKED, Mark.AUTHORITY):
        return None
    if not _names_match(fields[0], name):
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except ValueError:
        return None
    return KnownKey(fields[1], blob, marker, file, number)


def _names_match(patterns: str, name: str) -> bool:
    if patterns.startswith("|1|"):
        return _hash_matches(patterns, name)
    matched = False
    for pattern in patterns.lower().split(","):
        if _pattern_matches(pattern.lstrip("!"), name):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched


def _pattern_matches(pattern: str, name: str) -> bool:
    """OpenSSH knows `*` and `?` alone: the brackets of `[host]:port` are letters."""
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


def _hash_matches(hashed: str, name: str) -> bool:
    try:
        _, _, salt, digest = hashed.split("|", 3)
        expected = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(expected, base64.b64decode(digest))
    except ValueError:  # not a line that ssh-keygen wrote
        return False
