"""Virtualenv and Tool: made by uv and by pip, vandalised, mended; failing half-way with the old state back."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.agent.events import Kind
from backline.agent.overlay import Overlay
from backline.resources.failure import Conflict, Failure, OnlyLooking
from backline.resources.tool import Tool
from backline.resources.virtualenv import Virtualenv
from tests.host.applying import ThisHost, this_host
from tests.host.tiny_wheels import make_wheel
from tests.host.vandalism import point_elsewhere, remove, replace_by_file

__all__ = ["this_host"]

UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])) or ""
needs_uv = pytest.mark.skipif(not UV, reason="not on this machine: uv")
needs_ensurepip = pytest.mark.skipif(
    not shutil.which("python3") or os.system("python3 -c 'import ensurepip, venv' 2>/dev/null") != 0,
    reason="this machine's python3 has no ensurepip",
)


class Wheels:
    """A folder of wheels, and requirements that are met from it alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def requirements(self, *wanted: str) -> str:
        return "\n".join((f"--no-index\n--find-links {self.folder}", *wanted)) + "\n"


@pytest.fixture
def wheels(tmp_path: Path) -> Wheels:
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, "tiny")
    make_wheel(folder, "tiny", "2.0")
    make_wheel(folder, "other")
    return Wheels(folder)


@pytest.fixture
def only_pip(monkeypatch: pytest.MonkeyPatch, this_host: ThisHost) -> None:
    """No uv to be found. python3 itself is named by its path."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if this_host.machine.find_program("uv"):
        pytest.skip("uv is in a system directory of this machine")


def imported(host: ThisHost, virtualenv: Virtualenv, module: str) -> str:
    return host.machine.run([virtualenv.interpreter, "-c", f"import {module}; print({module}.version)"]).output.strip()


@needs_uv
def test_uv_makes_it_once_complete_and_compiled(this_host: ThisHost, tmp_path: Path, wheels: Wheels) -> None:
    virtualenv = Virtualenv(str(tmp_path / "v"), sys.executable, wheels.requirements("tiny==1.0"), UV)
    assert this_host.attributes(virtualenv) == ["exists"]
    previous = os.umask(0o077)
    try:
        assert this_host.apply(virtualenv)
    finally:
        os.umask(previous)
    assert not this_host.apply(virtualenv)
    assert imported(this_host, virtualenv, "tiny") == "1.0"
    assert list((tmp_path / "v").glob("lib/*/site-packages/__pycache__/tiny.*.pyc"))
    assert stat.S_IMODE((tmp_path / "v" / "lib").stat().st_mode) == 0o755
    assert (next((tmp_path / "v").glob("lib/*/site-packages/tiny.py"))).stat().st_nlink == 1
    assert any(event.kind == Kind.OUTPUT and "tiny" in event.text for event in this_host.line.events)


@needs_ensurepip
@pytest.mark.usefixtures("only_pip")
def test_pip_makes_it_where_there_is_no_uv(this_host: ThisHost, tmp_path: Path, wheels: Wheels) -> None:
    python = this_host.machine.find_program("python3") or sys.executable
    virtualenv = Virtualenv(str(tmp_path / "v"), python, wheels.requirements("tiny==1.0"))
    assert this_host.apply(virtualenv)
    assert not this_host.apply(virtualenv)
    assert imported(this_host, virtualenv, "tiny") == "1.0"
    assert list((tmp_path / "v").glob("lib/*/site-packages/__pycache__/tiny.*.pyc"))
    with pytest.raises(Failure, match="no-such-thing"):
        this_host.apply(Virtualenv(str(tmp_path / "w"), python, wheels.requirements("no-such-thing==9")))
    assert not (tmp_path / "w").exists()


def lose_marker(virtualenv: Path) -> None:
    remove(virtualenv / ".backline-complete")


def damage_marker(virtualenv: Path) -> None:
    (virtualenv / ".backline-complete").write_text("{")


def lose_interpreter(virtualenv: Path) -> None:
    point_elsewhere(virtualenv / "bin" / "python")


def lose_package(virtualenv: Path) -> None:
    remove(next(virtualenv.glob("lib/*/site-packages/tiny-1.0.dist-info")))


@needs_uv
@pytest.mark.parametrize(
    ("vandalism", "named"),
    [
        (remove, "exists"),
        (lose_marker, "complete"),
        (damage_marker, "complete"),
        (lose_interpreter, "interpreter"),
        (lose_package, "distribution tiny-1.0"),
    ],
)
def test_it_is_mended(
    this_host: ThisHost, tmp_path: Path, wheels: Wheels, vandalism: Callable[[Path], None], named: str
) -> None:
    virtualenv = Virtualenv(str(tmp_path / "v"), sys.executable, wheels.requirements("tiny==1.0"), UV)
    this_host.apply(virtualenv)
    vandalism(tmp_path / "v")
    assert this_host.attributes(virtualenv) == [named]
    assert this_host.apply(virtualenv)
    assert imported(this_host, virtualenv, "tiny") == "1.0"
    assert sorted(os.listdir(tmp_path)) == ["v", "wheels"]


@needs_uv
def test_other_requirements_are_a_difference(this_host: ThisHost, tmp_path: Path, wheels: Wheels) -> None:
    this_host.apply(Virtualenv(str(tmp_path / "v"), sys.executable, wheels.requirements("tiny==1.0", "other"), UV))
    newer = Virtualenv(str(tmp_path / "v"), sys.executable, wheels.requirements("tiny==2.0"), UV)
    assert this_host.attributes(newer) == ["requirements"]
    assert this_host.apply(newer)
    assert imported(this_host, newer, "tiny") == "2.0"
    assert not list((tmp_path / "v").glob("lib/*/site-packages/other.py"))


@needs_uv
def test_a_build_that_fails_names_the_requirement_and_brings_the_old_one_back(
    this_host: ThisHost, tmp_path: Path, wheels: Wheels
) -> None:
    old = Virtualenv(str(tmp_path / "v"), sys.executable, wheels.requirements("tiny==1.0"), UV)
    this_host.apply(old)
    with pytest.raises(Failure, match="no-such-thing") as caught:
        this_host.apply(Virtualenv(old.path, old.python, wheels.requirements("tiny", "no-such-thing==9"), UV))
    assert "no-such-thing" in caught.value.cause
    assert not this_host.apply(old)
    assert sorted(os.listdir(tmp_path)) == ["v", "wheels"]
    with pytest.raises(Failure, match="no-such-thing"):
        this_host.apply(Virtualenv(str(tmp_path / "w"), old.python, wheels.requirements("no-such-thing==9"), UV))
    assert sorted(os.listdir(tmp_path)) == ["v", "wheels"]


@needs_uv
def test_what_a_killed_run_put_aside_comes_back_when_the_next_one_fails(
    this_host: ThisHost, tmp_path: Path, wheels: Wheels
) -> None:
    old = Virtualenv(str(tmp_path / "v"), sys.executable, wheels.requirements("tiny==1.0"), UV)
    this_host.apply(old)
    (tmp_path / "v").rename(tmp_path / "v.before")
    (tmp_path / "v" / "bin").mkdir(parents=True)
    with pytest.raises(Failure, match="no-such-thing"):
        this_host.apply(Virtualenv(old.path, old.python, wheels.requirements("no-such-thing==9"), UV))
    assert not this_host.apply(old)


@needs_uv
def test_a_wheel_with_another_hash_is_refused(this_host: ThisHost, tmp_path: Path, wheels: Wheels) -> None:
    pinned = f"tiny==1.0 --hash=sha256:{'0' * 64}"
    with pytest.raises(Failure, match="(?i)hash"):
        this_host.apply(Virtualenv(str(tmp_path / "v"), sys.executable, wheels.requirements(pinned), UV))
    assert os.listdir(tmp_path) == ["wheels"]


@needs_uv
def test_uv_is_told_what_pip_is_told(
    this_host: ThisHost, tmp_path: Path, wheels: Wheels, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(
        f"[global]\nno-index = true\nfind-links = /nowhere\n[install]\nfind-links = {wheels.folder}\n"
    )
    for name in [name for name in os.environ if name.startswith(("PIP_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert this_host.apply(Virtualenv(str(tmp_path / "v"), sys.executable, "tiny==1.0\n", UV))
    monkeypatch.setenv("PIP_FIND_LINKS", f"{tmp_path / 'home'}")
    with pytest.raises(Failure, match="tiny"):
        this_host.apply(Virtualenv(str(tmp_path / "w"), sys.executable, "tiny==1.0\n", UV))


@pytest.mark.usefixtures("only_pip")
def test_a_python_without_ensurepip_says_what_to_install(this_host: ThisHost, tmp_path: Path) -> None:
    python = tmp_path / "python3"
    hiding = "import sys; sys.modules['ensurepip'] = None; exec(sys.argv[2])"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -c "{hiding}" "$@"\n')
    python.chmod(0o755)
    with pytest.raises(Failure, match="no venv or no ensurepip") as caught:
        this_host.apply(Virtualenv(str(tmp_path / "v"), str(python), "tiny\n"))
    assert "python3-venv" in caught.value.hint
    assert os.listdir(tmp_path) == ["python3"]


def test_a_python_that_is_not_there_is_named(this_host: ThisHost, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"there is no python9\.9 on this host"):
        this_host.apply(Virtualenv(str(tmp_path / "v"), "python9.9", "", UV))


def test_a_file_in_its_place_is_a_conflict(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "v").write_text("")
    with pytest.raises(Conflict):
        this_host.check(Virtualenv(str(tmp_path / "v"), sys.executable, ""))


def test_check_mode_builds_nothing(this_host: ThisHost, tmp_path: Path) -> None:
    with pytest.raises(OnlyLooking):
        Virtualenv(str(tmp_path / "v"), sys.executable, "", UV or "/bin/true").converge(Overlay(this_host.machine))
    assert os.listdir(tmp_path) == []


# a program from PATH or from a wheel


@pytest.fixture
def brought(tmp_path: Path, wheels: Wheels) -> Tool:
    program = "#!/bin/sh\necho brought\n"
    digest = make_wheel(
        wheels.folder, "toolbox", files={"toolbox_files/bin/x86/served": program, "toolbox_files/bin/notes": ""}
    )
    (tmp_path / "tools").mkdir()
    return Tool(
        str(tmp_path / "tools" / "served"),
        names=("served-by-the-host",),
        requirements=wheels.requirements(f"toolbox==1.0 --hash=sha256:{digest}"),
        program="lib/python3*/site-packages/toolbox_files/**/served",
        python=sys.executable,
        uv=UV,
    )


def program_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "served-by-the-host").write_text("#!/bin/sh\necho host\n")
    (folder / "served-by-the-host").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_program_on_path_is_linked(
    this_host: ThisHost, tmp_path: Path, brought: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    program_on_path(tmp_path / "bin", monkeypatch)
    assert this_host.apply(brought)
    assert not this_host.apply(brought)
    assert this_host.machine.run([brought.path]).output == "host\n"
    assert not (tmp_path / "tools-served").exists()


@needs_uv
def test_else_a_wheel_brings_it(this_host: ThisHost, tmp_path: Path, brought: Tool) -> None:
    assert this_host.attributes(brought) == ["exists"]
    assert this_host.apply(brought)
    assert not this_host.apply(brought)
    assert this_host.machine.run([brought.path]).output == "brought\n"
    assert os.readlink(brought.path).startswith(str(tmp_path / "tools-served"))


def lose_target(tool: Path) -> None:
    remove(Path(os.readlink(tool)))


def lose_executability(tool: Path) -> None:
    Path(os.readlink(tool)).chmod(0o644)


@needs_uv
@pytest.mark.parametrize(
    ("vandalism", "named"), [(remove, "exists"), (point_elsewhere, "program"), (lose_target, "program")]
)
def test_a_tool_is_mended(this_host: ThisHost, brought: Tool, vandalism: Callable[[Path], None], named: str) -> None:
    this_host.apply(brought)
    vandalism(Path(brought.path))
    assert this_host.attributes(brought) == [named]
    assert this_host.apply(brought)
    assert this_host.machine.run([brought.path]).output == "brought\n"


@needs_uv
def test_a_tool_that_may_not_be_executed_any_more_is_mended(this_host: ThisHost, brought: Tool) -> None:
    this_host.apply(brought)
    lose_executability(Path(brought.path))
    assert this_host.attributes(brought) == ["program"]
    assert this_host.apply(brought)


@needs_uv
def test_a_wheel_that_cannot_be_had_leaves_no_link_and_names_the_program(this_host: ThisHost, brought: Tool) -> None:
    missing = Tool(brought.path, brought.names, "--no-index\nno-such-wheel\n", brought.program, brought.python, UV)
    with pytest.raises(Failure, match="no-such-wheel") as caught:
        this_host.apply(missing)
    assert "served-by-the-host" in caught.value.hint
    assert os.listdir(Path(brought.path).parent) == []


def test_a_file_in_a_tools_place_is_a_conflict(this_host: ThisHost, brought: Tool) -> None:
    Path(brought.path).write_text("")
    replace_by_file(Path(brought.path))
    with pytest.raises(Conflict):
        this_host.check(brought)
