"""A sandbox that is up, and ways into it: Paramiko's client with its details, and OpenSSH's as people use it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from backline.commands.sandbox import sandbox
from backline.commands.sandbox.location import Location, default_root
from backline.commands.sandbox.processes import find_processes, stop_processes
from backline.commands.sandbox.sandbox import SandboxStatus

PATIENCE = 120.0


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Look until it is so; fail by name if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    output: bytes
    errors: bytes


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that is up."""

    location: Location
    status: SandboxStatus

    @property
    def root(self) -> Path:
        return self.location.root

    @property
    def key(self) -> paramiko.PKey:
        return paramiko.Ed25519Key.from_private_key_file(str(self.location.client_key))

    @contextlib.contextmanager
    def transport(self) -> Iterator[paramiko.Transport]:
        """A connection, its key exchange done, nobody logged in."""
        connection = socket.create_connection(("127.0.0.1", self.status.ssh_port), timeout=PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(connection)
        try:
            transport.start_client(timeout=PATIENCE)
            yield transport
        finally:
            transport.close()
            transport.join(PATIENCE)

    @contextlib.contextmanager
    def login(self) -> Iterator[paramiko.Transport]:
        with self.transport() as transport:
            transport.auth_publickey(self.status.user, self.key)
            yield transport

    def run(self, command: str) -> Answer:
        with self.login() as transport:
            return run(transport, command)

    def openssh(self, program: str, port_option: str, *arguments: str) -> Sequence[str]:
        """The argv of one of OpenSSH's clients, with the sandbox's key and no settings of this machine."""
        return (
            *(program, "-F", "none", "-i", str(self.location.client_key), port_option, str(self.status.ssh_port)),
            *("-o", f"UserKnownHostsFile={self.location.known_hosts}", "-o", "GlobalKnownHostsFile=none"),
            *("-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"),
            *arguments,
        )

    def ssh(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """What `ssh OPTIONS sandbox COMMAND` gives; options first, the command last."""
        *options, command = arguments
        argv = self.openssh("ssh", "-p", *options, f"{self.status.user}@127.0.0.1", command)
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=PATIENCE, check=False)


def run(transport: paramiko.Transport, command: str) -> Answer:
    """A command without a terminal and without input, to its end."""
    with contextlib.closing(transport.open_session()) as channel:
        channel.exec_command(command)
        channel.shutdown_write()
        output, errors = channel.makefile("rb").read(), channel.makefile_stderr("rb").read()
        return Answer(channel.recv_exit_status(), output, errors)


def read_until(channel: paramiko.Channel, wanted: bytes) -> bytes:
    """What comes out until it contains `wanted`."""
    channel.settimeout(PATIENCE)
    output = b""
    while wanted not in output:
        more = channel.recv(65536)
        assert more, f"ended without {wanted!r}: {output!r}"
        output += more
    return output


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project's folder with a short path; whatever its sandbox left running is stopped."""
    folder = tmp_path_factory.mktemp("p").resolve()
    yield folder
    stop_processes(default_root(folder))


@pytest.fixture
def host_vars(project: Path) -> Path:
    return project / "inventory/host_vars/sandbox"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox that all tests of a module share; at the end nothing of it may be left."""
    folder = tmp_path_factory.mktemp("s").resolve()
    status = sandbox.up(folder, folder / "inventory/host_vars/sandbox")
    yield RunningSandbox(Location(folder, status.root), status)
    sandbox.down(folder)
    assert not find_processes(status.root)
