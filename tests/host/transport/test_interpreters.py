"""The Python on a host: the one that is set, python3, one that a search finds, or none."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Generator
from glob import glob
from pathlib import Path

import pytest

from backline.fleet.interpreters import Interpreters
from backline.fleet.python_packages import install_python
from backline.fleet.starting import NoPython, Start
from tests.host.transport.agents import refused, session_on, start_of
from tests.host.transport.people import PeoplesHost, Person, host_of

PROGRAMS = ("sh", "env", "sudo", "su", "id", "bash")


def only(folder: Path, *programs: str) -> Path:
    """A folder for PATH with these programs of the machine's own."""
    folder.mkdir()
    for name in programs:
        (folder / name).symlink_to(shutil.which(name, path="/usr/bin:/bin:/usr/sbin") or f"/usr/bin/{name}")
    return folder


@pytest.fixture(scope="module")
def host() -> Generator[PeoplesHost]:
    """Its PATH has no python3; one lies where a search looks."""
    folder = Path(tempfile.mkdtemp(prefix="bl-path-"))  # not below pytest's, which only its owner may enter
    folder.chmod(0o755)
    with host_of(
        [Person("root"), Person("deploy", rights="deploy ALL=(ALL) NOPASSWD: ALL")],
        sshd=f"SetEnv PATH={only(folder / 'bin', *PROGRAMS)}\n",
    ) as host:
        yield host
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def bare() -> Generator[PeoplesHost]:
    """It has no Python at all: whichever lies about cannot be run by its people."""
    places = ["/usr/bin/python[23]*", "/usr/local/bin/python3*", "/opt/*/bin/python3", "/usr/libexec/platform-python"]
    files = {str(Path(found).resolve()) for place in places for found in glob(place)}
    mounts = "".join(f"mount --bind /dev/null {file}\n" for file in sorted(files))
    with host_of([Person("deploy"), Person("other", rights="other ALL=(ALL) NOPASSWD: ALL")], mounts=mounts) as host:
        yield host


def test_python3_is_used_where_it_is(tmp_path: Path) -> None:
    with host_of([Person("deploy")]) as host, session_on(host.as_("deploy"), tmp_path / "cache") as session:
        assert session.facts.python
    assert not (tmp_path / "cache").exists()


def test_a_search_finds_another_and_the_answer_is_remembered(host: PeoplesHost, tmp_path: Path) -> None:
    cache = tmp_path / "some/where/cache"
    with session_on(host.as_("root"), cache) as session:
        found = session.facts.python
    remembered = json.loads(cache.read_text())["interpreters"]
    assert remembered == {f"root@127.0.0.1:{host.server.port} as root": found}

    before = host.server.log().count("Starting session")
    with session_on(host.as_("root"), cache) as session:
        assert session.facts.python == found
    assert host.server.log().count("Starting session") == before + 1  # no second search


def test_what_was_remembered_and_is_gone_is_searched_for_again(host: PeoplesHost, tmp_path: Path) -> None:
    place = f"root@127.0.0.1:{host.server.port} as root"
    cache = tmp_path / "cache"
    Interpreters(cache).remember(place, "/opt/gone/bin/python3")
    with session_on(host.as_("root"), cache) as session:
        assert Interpreters(cache).known(place) == session.facts.python


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99, "interpreters": {"a": "b"}}', "\xff"])
def test_a_cache_that_is_not_ours_is_no_obstacle(host: PeoplesHost, tmp_path: Path, content: str) -> None:
    (tmp_path / "cache").write_text(content, encoding="latin-1")
    with session_on(host.as_("root"), tmp_path / "cache") as session:
        assert session.facts.python


def test_a_python_under_sudo_is_searched_for_as_well(host: PeoplesHost) -> None:
    with session_on(host.as_("deploy", become=True)) as session:
        assert session.facts.uid == 0


def test_the_one_that_is_set_is_the_one_that_runs(host: PeoplesHost) -> None:
    found = start_of(host.as_("root")).session()
    found.close()
    with session_on(host.as_("root", python=found.facts.python)) as session:
        assert session.facts.python == found.facts.python


@pytest.mark.parametrize("python", ["/opt/none/python3", "no-such-python", "/etc/hostname", "/bin/sh"])
def test_one_that_is_set_and_is_none_is_named(host: PeoplesHost, python: str) -> None:
    failure = refused(host.as_("root", python=python))
    assert python in f"{failure.cause} {failure.lines}"


def old_pythons() -> list[str]:
    """Those of this machine that are too old for the agent."""
    found = (
        shutil.which("python2"),
        shutil.which("python2.7"),
        *glob(f"{Path.home()}/.pyenv/versions/[23].[0-7].*/bin/python"),
    )
    return [path for path in found if path and ".pyenv/shims" not in path]


@pytest.mark.parametrize("old", old_pythons() or ["none"])
def test_a_python3_that_is_too_old_is_passed_over(tmp_path: Path, old: str) -> None:
    if old == "none":
        old = str(tmp_path / "old")  # no old one on this machine: what such a one says of itself
        Path(old).write_text("#!/bin/sh\necho Backline needs Python 3.8 or newer, this is 3.6.8 >&2\nexit 1\n")
        Path(old).chmod(0o755)
    path = only(tmp_path / "bin", *PROGRAMS)
    (path / "python3").symlink_to(old)
    with host_of([Person("root")], sshd=f"SetEnv PATH={path}\n") as host:
        with session_on(host.as_("root"), tmp_path / "cache") as session:
            assert tuple(map(int, session.facts.python_version.split("."))) >= (3, 8)
        failure = refused(host.as_("root", python="python3"))
    assert failure.cause == "ansible_python_interpreter is python3, and that is no Python 3.8 or newer there"
    assert failure.lines[0].startswith(("Backline needs Python 3.8 or newer", "Unknown option: -I"))


def test_a_host_without_any_says_so(bare: PeoplesHost) -> None:
    failure = refused(bare.as_("deploy"))
    assert failure.cause == "the host has no Python 3.8 or newer, and nothing can be done there without"
    assert "ansible_python_interpreter" in failure.hint


def test_whoever_is_not_root_cannot_have_one_installed(bare: PeoplesHost) -> None:
    start: Start = start_of(bare.as_("deploy"))
    with pytest.raises(NoPython) as caught:
        install_python(start)
    assert "may not install one" in caught.value.cause
    assert "ansible_become" in caught.value.hint


def test_a_host_without_a_known_package_manager_says_so(host: PeoplesHost) -> None:
    with pytest.raises(NoPython) as caught:
        install_python(start_of(host.as_("root")))
    assert "no package manager that Backline knows" in caught.value.cause
