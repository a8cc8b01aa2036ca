"""The check of a host's key: known, signed, unknown, changed or revoked. Only the first two are sent anything."""

from __future__ import annotations

from collections.abc import Sequence

import paramiko

from backline.resources.failure import Unreachable
from backline.transport.destination import Destination
from backline.transport.host_certificate import Certificate, read_certificate, signed_by
from backline.transport.known_hosts import KnownKey, Mark, fingerprint

ON_THE_HOST = "ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub"


class UntrustedHostKey(Unreachable):
    """Somebody answered, and we do not know that it is the host; `destination` may be a hop on the way."""

    destination: Destination
    changed = False
    """Whether another key is known."""


class UnknownHostKey(UntrustedHostKey):
    """No key of this kind is known."""


class ChangedHostKey(UntrustedHostKey):
    """Another key of this kind is known."""

    changed = True


class CheckHostKey(paramiko.MissingHostKeyPolicy):
    """Paramiko is given no known hosts at all, so it asks here for every host, after key exchange and before login."""

    def __init__(self, destination: Destination, known: Sequence[KnownKey]) -> None:
        self._destination = destination
        self._known = known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Return if the key is known or signed. Raises Unreachable otherwise."""
        blob = key.asbytes()
        certificate = self._certificate(key)
        self._refuse_revoked(key, blob)
        if certificate:
            self._refuse_revoked(key, certificate.authority)
            if not certificate.problem and signed_by(certificate, self._known):
                return
        entries = [entry for entry in self._known if entry.mark == Mark.KNOWN]
        if any(entry.blob == blob for entry in entries):
            return
        if certificate and certificate.problem and signed_by(certificate, self._known):
            raise self._bad_certificate(certificate)
        of_this_kind = [entry for entry in entries if entry.kind == key.get_name()]
        if of_this_kind:
            raise self._changed(key, of_this_kind[0])
        raise self._unknown(key, entries)

    def _certificate(self, key: paramiko.PKey) -> Certificate | None:
        shown = key.public_blob
        if shown is None:
            return None
        host = self._destination
        try:
            return read_certificate(shown.key_type, shown.key_blob, (host.known_as, host.host))
        except ValueError as error:
            return Certificate(key.asbytes(), b"", f"it cannot be read: {error}")

    def _refuse_revoked(self, key: paramiko.PKey, blob: bytes) -> None:
        for entry in self._known:
            if entry.mark == Mark.REVOKED and entry.blob == blob:
                whose = "host key" if blob == key.asbytes() else "authority that signed the host key"
                raise Unreachable(
                    f"the {whose} of {self._destination.place} is revoked, so nothing was sent to it",
                    lines=(f"{fingerprint(blob)}, revoked in {entry.place}",),
                    hint="ask whoever revoked it:\nthe host needs a new key, and until then nobody should log in there",
                )

    def _bad_certificate(self, certificate: Certificate) -> Unreachable:
        return Unreachable(
            f"the certificate of {self._destination.place} does not hold: {certificate.problem}. Nothing was sent "
            "to it",
            lines=(f"signed by {fingerprint(certificate.authority)}",),
            hint="whoever signs your hosts' keys must sign a new one (ssh-keygen -s CA -h -n NAME);\n"
            "on the host, HostCertificate names it",
        )

    def _unknown(self, key: paramiko.PKey, entries: Sequence[KnownKey]) -> UnknownHostKey:
        kinds = sorted({entry.kind for entry in entries})
        other = (f"known are its keys of other kinds: {', '.join(kinds)}",) if kinds else ()
        failure = UnknownHostKey(
            f"{self._destination.place} is not known to this machine, so nothing was sent to it",
            lines=(f"it says that it is {fingerprint(key.asbytes())} ({key.get_name()})", *other),
            hint=f"on the host, this prints its fingerprint:\n{_on_the_host(key)}\nif they are the same, accept it:",
        )
        failure.destination = self._destination
        return failure

    def _changed(self, key: paramiko.PKey, entry: KnownKey) -> ChangedHostKey:
        failure = ChangedHostKey(
            f"THE HOST KEY OF {self._destination.place} HAS CHANGED: somebody may be listening in between. "
            "Nothing was sent to it",
            lines=(
                f"known: {fingerprint(entry.blob)} ({entry.kind}, {entry.place})",
                f"now:   {fingerprint(key.asbytes())} ({key.get_name()})",
            ),
            hint="was the host installed anew, or has another machine its address now?\n"
            "If nobody can say, stop here.\n"
            f"On the host's own console, this prints its fingerprint:\n{_on_the_host(key)}\n"
            "if it is the new one, replace the old:",
        )
        failure.destination = self._destination
        return failure


def _on_the_host(key: paramiko.PKey) -> str:
    return ON_THE_HOST.format(kind=key.get_name().removeprefix("ssh-").partition("-")[0])
