"""A host's certificate, held against the authorities that known_hosts names (`@cert-authority`)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from backline.resources.dataclass import dataclass
from backline.transport.known_hosts import KnownKey, Mark

CERTIFICATE = "-cert-v01@openssh.com"
"""The end of the name of every kind of certificate."""


@dataclass(frozen=True)
class Certificate:
    """What a certificate says; `key` and `authority` are public keys as the wire has them."""

    key: bytes
    authority: bytes
    problem: str
    """Why it does not hold for this host at this time, whoever signed it; empty if it does."""


def read_certificate(kind: str, blob: bytes, names: Sequence[str]) -> Certificate:
    """The certificate of a host that goes by one of these names. Raises ValueError where it cannot be read."""
    import base64

    identity = load_ssh_public_identity(f"{kind} {base64.b64encode(blob).decode()}".encode())
    if not isinstance(identity, SSHCertificate):
        raise ValueError("it is no certificate")
    return Certificate(
        key=_blob(identity.public_key()),
        authority=_blob(identity.signature_key()),
        problem=_problem(identity, names),
    )


def signed_by(certificate: Certificate, known: Sequence[KnownKey]) -> KnownKey | None:
    """The authority for this host that signed it."""
    return next(
        (key for key in known if key.mark == Mark.AUTHORITY and key.blob == certificate.authority),
        None,
    )


def _problem(certificate: SSHCertificate, names: Sequence[str]) -> str:
    try:
        certificate.verify_cert_signature()
    except InvalidSignature:
        return "its signature is not the authority's"
    if certificate.type is not SSHCertificateType.HOST:
        return "it is a user's, not a host's"
    if certificate.critical_options:
        return f"it has options that ssh does not know for hosts: {', '.join(map(_text, certificate.critical_options))}"
    now = time.time()
    if now < certificate.valid_after:
        return f"it holds only from {_day(certificate.valid_after)} on"
    if now >= certificate.valid_before:
        return f"it held until {_day(certificate.valid_before)}"
    principals = [_text(name) for name in certificate.valid_principals]
    if principals and not set(principals) & set(names):
        return f"it is for {', '.join(principals)}"
    return ""


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _blob(key: object) -> bytes:
    import base64

    line: bytes = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)  # type: ignore[attr-defined]
    return base64.b64decode(line.split()[1])
