"""A real OpenSSH server, run by whoever runs the test, on a free port, with keys and a home of its own."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from backline.settings.connection import ConnectionSettings
from tests.conftest import SYSTEM_PATH

DEADLINE = 120.0
CONFIGURATION = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
LogLevel VERBOSE
PrintMotd no
SetEnv HOME={home}
Subsystem sftp internal-sftp
"""


@dataclass
class OpenSSHServer:
    """A running sshd. `settings` is how one connects to it."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes]
    settings: ConnectionSettings

    @property
    def home(self) -> Path:
        """What its sessions have as HOME."""
        return self.directory / "home"

    @property
    def variables(self) -> dict[str, object]:
        """How one connects to it, as an inventory says it."""
        return {
            "ansible_host": self.settings.host,
            "ansible_port": self.settings.port,
            "ansible_user": self.settings.user,
            "ansible_ssh_private_key_file": self.settings.key_file,
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.settings.known_hosts_file}",
        }

    def log(self) -> str:
        """What it has said so far: who connected, and each session that was started."""
        return (self.directory / "sshd.log").read_text(errors="replace")

    def changed(self, **changes: object) -> ConnectionSettings:
        """The settings with some of them replaced."""
        return replace(self.settings, **changes)  # type: ignore[arg-type]

    def kill_sessions(self) -> None:
        """End its sessions without a goodbye, as a host does that loses its power; the server itself goes on."""
        for pid in descendants(self.process.pid):
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the server and whatever runs in its sessions."""
        self.process.terminate()
        self.kill_sessions()
        self.process.wait(DEADLINE)


@pytest.fixture(scope="session")
def openssh_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[OpenSSHServer]:
    server = start_openssh(tmp_path_factory.mktemp("openssh"))
    yield server
    server.stop()


def start_openssh(directory: Path, more: str = "", within: Sequence[str] = ()) -> OpenSSHServer:
    """Start one in an empty directory; skips the test where there is no sshd. `more` are lines of sshd_config that win
    over the usual ones; `within` is a command that runs sshd in surroundings of its own."""
    if shutil.which("sshd", path=SYSTEM_PATH) is None:
        pytest.skip("no OpenSSH server on this machine (Debian: apt-get install openssh-server)")
    shell = pwd.getpwuid(os.getuid()).pw_shell
    if Path(shell).name in ("nologin", "false"):
        pytest.skip(f"whoever runs the tests may not log in: the shell is {shell}")
    (directory / "home").mkdir()
    make_key(directory / "host_key")
    public = make_key(directory / "client_key")
    (directory / "authorized_keys").write_text(public)
    if os.getuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # a root's sshd separates its privileges there
    port = free_port()
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {(directory / 'host_key.pub').read_text()}")
    configuration = directory / "sshd_config"
    usual = CONFIGURATION.format(port=port, directory=directory, home=directory / "home")
    configuration.write_text(f"{usual_but(usual, more)}{more}")
    process = run_sshd(directory, port, within)
    settings = ConnectionSettings(
        connection="ssh",
        host="127.0.0.1",
        port=port,
        user=getpass.getuser(),
        key_file=str(directory / "client_key"),
        known_hosts_file=str(directory / "known_hosts"),
        configuration="none",
    )
    return OpenSSHServer(directory, port, process, settings)


def run_sshd(directory: Path, port: int, within: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Start it by the configuration in its directory; returns when it listens."""
    program = shutil.which("sshd", path=SYSTEM_PATH) or "sshd"
    command = [*within, program, "-D", "-e", "-f", str(directory / "sshd_config")]
    with (directory / "sshd.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)
    wait_until_it_listens(process, port, directory / "sshd.log")
    return process


def usual_but(usual: str, more: str) -> str:
    """The usual lines without those of which `more` says something else."""
    said = {line.split()[0] for line in more.splitlines() if line.strip()}
    return "".join(f"{line}\n" for line in usual.splitlines() if line.split()[0] not in said)


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> str:
    """A new key, without a passphrase unless one is given; returns its public line."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", path], check=True)
    return path.with_name(path.name + ".pub").read_text()


PORTS_EACH = 1000
FIRST_PORT = 20000
"""Below those that the kernel gives to whoever connects or asks for any; each process of tests has its own."""
_chosen = itertools.count(os.getpid())


def free_port() -> int:
    """A port on which nothing listens now, and that nobody else is given before it is used."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw9").removeprefix("gw")) % 10
    for number in _chosen:
        port = FIRST_PORT + worker * PORTS_EACH + number % PORTS_EACH
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always one more")


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as line:
                if line.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.01)
    process.kill()
    raise RuntimeError(f"sshd did not start:\n{log.read_text()}")


def descendants(pid: int) -> list[int]:
    """Children and their children, as /proc tells now."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        parents.setdefault(parent, []).append(int(entry.parent.name))
    found = parents.get(pid, [])
    return [*found, *(below for child in found for below in descendants(child))]
