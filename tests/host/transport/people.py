"""A host with several people, sudo and su of its own: an sshd in a mount namespace, where /etc/passwd, /etc/shadow and
/etc/sudoers are the test's. Nothing of this machine is changed; needs root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backline.settings.connection import ConnectionSettings
from tests.conftest import SYSTEM_PATH
from tests.host.openssh import OpenSSHServer, start_openssh

FIRST_UID = 4200
SURROUNDINGS = """\
set -eu
mount --bind {folder}/passwd /etc/passwd
mount --bind {folder}/group /etc/group
mount --bind {folder}/shadow /etc/shadow
mount -t tmpfs tmpfs /run/sudo
mount -t tmpfs tmpfs /var/lib/sudo
mount --bind {folder}/sudoers /etc/sudoers
mount -t tmpfs tmpfs /etc/sudoers.d
{more}
exec "$@"
"""
USUAL_SUDOERS = """\
Defaults env_reset, use_pty, secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
"""


@dataclass(frozen=True)
class Person:
    """Somebody with a login. `password` empty: none; `rights`: lines of sudoers."""

    name: str
    password: str = ""
    shell: str = "/bin/bash"
    rights: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """What lies in the home: name → content."""


@dataclass
class PeoplesHost:
    """Several may log in with the server's key."""

    server: OpenSSHServer
    folder: Path

    def as_(self, name: str, **changes: object) -> ConnectionSettings:
        """How this person connects."""
        return self.server.changed(user=name, **changes)

    def home(self, name: str) -> Path:
        return self.folder / "homes" / name


@contextmanager
def host_of(people: Sequence[Person], sshd: str = "", mounts: str = "") -> Generator[PeoplesHost]:
    """One for these people. Skips the test where that cannot be."""
    _require_namespaces()
    folder = Path(tempfile.mkdtemp(prefix="bl-people-")).resolve()
    folder.chmod(0o755)
    try:
        _write_accounts(folder, people)
        script = folder / "surroundings"
        script.write_text(SURROUNDINGS.format(folder=folder, more=mounts))
        (folder / "ssh").mkdir()
        usual = "" if "SetEnv" in sshd else "SetEnv USUAL=1\n"  # else all would have the server's HOME
        within = ["unshare", "--mount", "--propagation", "private", "sh", str(script)]
        server = start_openssh(folder / "ssh", f"PasswordAuthentication yes\n{usual}{sshd}", within)
        try:
            yield PeoplesHost(server, folder)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require_namespaces() -> None:
    if os.getuid() != 0:
        pytest.skip("people and sudo of a test's own need root (a mount namespace)")
    missing = [name for name in ("unshare", "sudo", "su", "perl") if shutil.which(name, path=SYSTEM_PATH) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a mount namespace")


def _write_accounts(folder: Path, people: Sequence[Person]) -> None:
    ours = tuple(f"{person.name}:" for person in people)
    system = [line for line in Path("/etc/passwd").read_text().splitlines() if line and not line.startswith(ours)]
    passwd, shadow = [*system], [f"{line.split(':')[0]}:*:19000:0:99999:7:::" for line in system]
    group = Path("/etc/group").read_text().splitlines()
    for number, person in enumerate(people, FIRST_UID):
        home = folder / "homes" / person.name
        home.mkdir(parents=True)
        for name, content in person.files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(content)
        uid = 0 if person.name == "root" else number
        if uid:
            group.append(f"{person.name}:x:{uid}:")
        for path in (home, *home.rglob("*")):
            os.chown(path, uid, uid)
        passwd.append(f"{person.name}:x:{uid}:{uid}::{home}:{person.shell}")
        shadow.append(f"{person.name}:{_crypt(person.password)}:19000:0:99999:7:::")
    rights = USUAL_SUDOERS + "".join(f"{person.rights}\n" for person in people if person.rights)
    for name, mode, lines in (
        ("passwd", 0o644, "\n".join(passwd)),
        ("group", 0o644, "\n".join(group)),
        ("shadow", 0o600, "\n".join(shadow)),
        ("sudoers", 0o440, rights),
    ):
        (folder / name).write_text(lines + "\n")
        (folder / name).chmod(mode)


def _crypt(password: str) -> str:
    if not password:
        return "*"
    script = 'print crypt($ENV{"PASSWORD"}, "\\$6\\$saltsalt\\$")'
    environment = {**os.environ, "PASSWORD": password}
    return subprocess.run(["perl", "-e", script], env=environment, capture_output=True, text=True, check=True).stdout
