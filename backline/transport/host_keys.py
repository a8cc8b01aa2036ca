"""The check of a host's key: known, unknown, changed or revoked. Only a known one is sent anything."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import paramiko

from backline.resources.failure import Unreachable
from backline.transport.known_hosts import KnownKey, fingerprint, known_name


class CheckHostKey(paramiko.MissingHostKeyPolicy):
    """Paramiko is given no known hosts at all, so it asks here for every host, after key exchange and before login."""

    def __init__(self, host: str, port: int, files: Sequence[str], known: Sequence[KnownKey]) -> None:
        self._host = host
        self._port = port
        self._files = files
        self._known = known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Return if the key is known. Raises Unreachable otherwise."""
        blob = key.asbytes()
        entries = [entry for entry in self._known if entry.blob == blob]
        if any(entry.revoked for entry in entries):
            raise self._revoked(key, entries)
        if entries:
            return
        of_this_kind = [entry for entry in self._known if entry.kind == key.get_name() and not entry.revoked]
        if of_this_kind:
            raise self._changed(key, of_this_kind[0])
        raise self._unknown(key)

    def _unknown(self, key: paramiko.PKey) -> Unreachable:
        kinds = sorted({entry.kind for entry in self._known})
        other = (f"known are its keys of other kinds: {', '.join(kinds)}",) if kinds else ()
        return Unreachable(
            f"{self._host} port {self._port} is not known to this machine, so nothing was sent to it",
            lines=(f"it says that it is {fingerprint(key.asbytes())} ({key.get_name()})", *other),
            hint=f"if that is its fingerprint (on the host: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), accept it:\n"
            f"{self._accept(key)}",
        )

    def _changed(self, key: paramiko.PKey, entry: KnownKey) -> Unreachable:
        name = shlex.quote(known_name(self._host, self._port))
        return Unreachable(
            f"THE HOST KEY OF {self._host} HAS CHANGED: somebody may be listening in between. Nothing was sent to it",
            lines=(
                f"known: {fingerprint(entry.blob)} ({entry.kind}, {entry.file}:{entry.line})",
                f"now:   {fingerprint(key.asbytes())} ({key.get_name()})",
            ),
            hint="only if you know why it changed (the host was installed anew), forget the old key, accept the new:\n"
            f"ssh-keygen -R {name} -f {shlex.quote(entry.file)}\n{self._accept(key)}",
        )

    def _revoked(self, key: paramiko.PKey, entries: Sequence[KnownKey]) -> Unreachable:
        entry = next(entry for entry in entries if entry.revoked)
        return Unreachable(
            f"the host key of {self._host} is revoked, so nothing was sent to it",
            lines=(f"{fingerprint(key.asbytes())} ({key.get_name()}), revoked in {entry.file}:{entry.line}",),
            hint="ask whoever revoked it; the host needs a new key",
        )

    def _accept(self, key: paramiko.PKey) -> str:
        kind = key.get_name().removeprefix("ssh-").partition("-")[0]
        return f"ssh-keyscan -t {kind} -p {self._port} {shlex.quote(self._host)} >> {shlex.quote(self._files[0])}"
