"""Who we say we are, and in which order: what somebody configured before what merely lies about, since a server counts
how often it is tried (MaxAuthTries)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

import paramiko

from backline.resources.dataclass import dataclass
from backline.transport.destination import Destination
from backline.transport.keys import CERTIFICATE_END, KeyFile, Keys, public_part, with_certificates

USUAL_FILES = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")


@dataclass(frozen=True)
class Identity:
    """A key to be offered, and what people call it."""

    key: paramiko.PKey
    called: str


class Identities:
    """The keys for one destination, each offered once. What stands in the way of a key is remembered by its name.

    `configured` are those that somebody named: read at once, so that nobody is asked for a passphrase while a server
    waits, and only where no agent has the key."""

    def __init__(self, destination: Destination, keys: Keys) -> None:
        self._destination = destination
        self._keys = keys
        self._agent: paramiko.Agent | None = None
        self._offered: set[bytes] = set()
        self.problems: list[str] = []
        self.configured = [identity for path in destination.key_files for identity in self._of_file(path)]

    def others(self) -> Iterator[Identity]:
        """What the agent has besides, and where nothing is named the files that everybody has."""
        named = bool(self._destination.key_files)
        usual = () if named else tuple(os.path.expanduser(path) for path in USUAL_FILES)
        usual = tuple(path for path in usual if os.path.exists(path))
        if self._destination.identities_only:
            for path in usual:
                yield from self._of_file(path)
            return
        blobs = [public_part(path) for path in usual]
        for key in sorted(self._agent_keys(), key=lambda key: key.asbytes() not in blobs):
            yield from self._new(key, f"the agent's key {key.comment or key.fingerprint}")
        for path in usual:
            if (found := self._keys.file(path)) is not None:
                yield from self._usable(found)
        for path in usual:
            if self._keys.file(path) is None and public_part(path) not in self._offered:
                yield from self._usable(self._keys.unlocked(path))

    def close(self) -> None:
        """Leave the agent."""
        if self._agent is not None:
            with contextlib.suppress(OSError, paramiko.SSHException):
                self._agent.close()

    def _of_file(self, path: str) -> Iterator[Identity]:
        blob = public_part(path)
        found = self._keys.file(path)
        if found is not None and found.key is not None:
            yield from self._usable(found)
            return
        for key in self._agent_keys() if blob else []:
            if key.asbytes() == blob:
                yield from self._new(key, f"the key {path} (by the agent)", path)
                return
        yield from self._usable(found or self._keys.unlocked(path))

    def _usable(self, found: KeyFile) -> Iterator[Identity]:
        if found.key is None:
            self.problems.append(f"the key file {found.path} {found.problem}")
        else:
            yield from self._new(found.key, f"the key {found.path}", found.path)

    def _new(self, key: paramiko.PKey, called: str, path: str = "") -> Iterator[Identity]:
        if key.asbytes() in self._offered:
            return
        self._offered.add(key.asbytes())
        beside = (path + CERTIFICATE_END,) if path else ()
        for form in with_certificates(key, (*self._destination.certificate_files, *beside)):
            yield Identity(form, f"{called} with its certificate" if form.public_blob else called)

    def _agent_keys(self) -> Sequence[paramiko.AgentKey]:
        if self._agent is None:
            try:
                self._agent = paramiko.Agent()
            except (OSError, paramiko.SSHException) as error:
                self.problems.append(f"the SSH agent does not answer: {error}")
                return ()
        return self._agent.get_keys()
