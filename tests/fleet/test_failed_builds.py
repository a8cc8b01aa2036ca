"""Virtualenvs that cannot be built on a real host: what is missing is named with what helps, and nothing is harmed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from tests.fleet.conftest import started
from tests.fleet.kiosk import REQUIREMENTS, WHEELS, Kiosk, kiosk_on
from tests.host.deploy.project import Completed
from tests.host.deploy.screens import assert_next_works, refused, screen_of
from tests.lab.faults import NoLabHere
from tests.lab.lab import Wanted
from tests.lab.memory import MemoryBound

FAILED, UNREACHABLE = 1, 4
MEND = "mend requirements.txt in the project, and commit"
MEMORY = "give the host more memory or swap, or require what has a wheel"
ENOUGH, NOT_QUITE_ENOUGH = 1 << 40, 11_000_000
"""Bytes for a login. An agent begins with less than ten million, and cannot take stock with twelve; it has more than
its sshd then, so it is what the kernel chooses, nearly always."""
CHOICES = 5
"""Tries until it has chosen the agent: where it chooses that sshd, nobody can know more than that the line was lost."""
OUT_OF_MEMORY = "as happens where memory runs out"
COMPILER = "install it on the host, or require what has a wheel;"
INDEX = "see that the host gets to its package index, and is let in:"
OWN_BACKEND = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
COMPILING = (
    "import subprocess, sysconfig; subprocess.run([*sysconfig.get_config_var('CC').split(), '-c', 'extension.c'])"
)


def backend(act: str) -> Mapping[str, str]:
    """A source distribution that does this when it is built."""
    body = f"import os\n\ndef build_wheel(*ignored):\n    {act}\n\nprepare_metadata_for_build_wheel = build_wheel\n"
    return {"pyproject.toml": OWN_BACKEND, "backend.py": body}


SOURCES = {
    "hungry": backend("bytearray(10**14)"),
    "greedy": backend("bytearray(500_000_000)"),
    "killed": backend("os.kill(os.getpid(), 9)"),
    "killing": backend("os.kill(os.getppid(), 9)"),
    "extension": backend(COMPILING),
}
CASES = {
    f"{REQUIREMENTS}hungry==1.0\n": ("the host ran out of memory: Failed to build `hungry==1.0`", MEMORY),
    f"{REQUIREMENTS}killed==1.0\n": ("it was killed, as happens where memory runs out: Failed to build", MEMORY),
    f"{REQUIREMENTS}killing==1.0\n": ("uv cannot install what is required: it was killed, as happens", MEMORY),
    f"{REQUIREMENTS}extension==1.0\n": ("it has no wheel, and the host has no compiler (", COMPILER),
    REQUIREMENTS.replace("1.0", "9.0"): ("there is no version of tiny==9.0", MEND),
    f"{REQUIREMENTS.strip()} --hash=sha256:{'0' * 64}\n": ("Hash mismatch for `tiny==1.0`", MEND),
    "--index-url http://127.0.0.1:9/simple\ntiny==1.0\n": ("the package index cannot be reached, or refuses", INDEX),
}
"""By the requirements."""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Kiosk]:
    with started(Wanted(hosts=1)) as lab, kiosk_on(lab, tmp_path_factory.mktemp("kiosk")) as found:
        for name, files in SOURCES.items():
            make_source(found.host.root / WHEELS, name, files)
        found.shell("echo UV_HTTP_RETRIES=0 >>/etc/environment")  # it would try for ten seconds
        yield found


def make_source(folder: Path, name: str, files: Mapping[str, str]) -> None:
    """A source distribution."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as archive:
        for path, text in {"PKG-INFO": metadata, **files}.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.mark.parametrize("requirements", CASES)
def test_it_is_told_why_and_what_helps(kiosk: Kiosk, requirements: str) -> None:
    words, hint = CASES[requirements]
    kiosk.change("requirements.txt", requirements)
    with kiosk.untouched():
        screen = refused(kiosk.project, "deploy", "--host", "h1", code=FAILED, host="h1", step="build virtualenv")
    assert words in screen.text
    assert screen.next.splitlines()[0] == hint
    assert screen.next.splitlines()[-1] == "then:  inv deploy --host h1"


def test_too_little_memory_for_uv_itself_is_told_and_enough_is_enough(kiosk: Kiosk) -> None:
    """80 MB of address space do for us, and not for uv."""
    limits = "/etc/security/limits.conf"
    kiosk.change("requirements.txt", f"{REQUIREMENTS}# another\n")
    kiosk.shell(f"echo 'root - as 80000' >>{limits}")
    with kiosk.untouched():
        screen = refused(kiosk.project, "deploy", "--host", "h1", code=FAILED, host="h1", step="build virtualenv")
    assert "the host ran out of memory" in screen.text
    assert screen.next.splitlines()[0] == MEMORY
    kiosk.shell(f"sed -i /80000/d {limits}")
    assert kiosk.project.on_host("deploy").summary["status"] == "deployed"


@pytest.fixture
def memory(kiosk: Kiosk) -> Generator[MemoryBound]:
    """The kernel's own bound to what is logged in, and its own killing."""
    try:
        with kiosk.host.little_memory() as bound:
            yield bound
    except NoLabHere as reason:
        pytest.skip(str(reason))


@pytest.mark.memory_groups
def test_a_build_that_the_kernel_kills_for_want_of_memory_is_told(kiosk: Kiosk, memory: MemoryBound) -> None:
    memory.set(300_000_000)
    kiosk.change("requirements.txt", f"{REQUIREMENTS}greedy==1.0\n")
    with kiosk.untouched():
        screen = refused(kiosk.project, "deploy", "--host", "h1", code=FAILED, host="h1", step="build virtualenv")
    assert memory.killed == 1
    assert f"it was killed, {OUT_OF_MEMORY}: Failed to build `greedy==1.0`" in screen.text
    assert screen.next.splitlines()[0] == MEMORY


def deploy_without_memory(kiosk: Kiosk, memory: MemoryBound) -> Completed:
    with kiosk.untouched():
        done = kiosk.project.inv("deploy", "--host", "h1", "--force", "--json", check=False)
    assert memory.killed
    assert done.code == UNREACHABLE
    return done


@pytest.mark.memory_groups
def test_an_agent_that_the_kernel_kills_for_want_of_memory_is_told_as_that(kiosk: Kiosk, memory: MemoryBound) -> None:
    memory.set(NOT_QUITE_ENOUGH)
    screens = (screen_of(deploy_without_memory(kiosk, memory)) for _ in range(CHOICES))
    screen = next((screen for screen in screens if f"a signal ended it, {OUT_OF_MEMORY}" in screen.text), None)
    assert screen, "the kernel never chose the agent"
    assert "if dmesg there tells of memory, give the host more of it, or swap" in screen.next
    memory.set(ENOUGH)
    assert_next_works(kiosk.project, screen.next)
