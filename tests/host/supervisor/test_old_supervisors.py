"""Supervisors as old hosts have them, for real: 3.3.5 under Python 2.7 (Debian 10), and 4.2.2 (Debian 11)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.start_programs import StartPrograms
from backline.resources.failure import ConfigurationError, Failure, Refused
from backline.resources.program_health import require_health
from tests.host.deploy.old_project import found_python

from .conftest import Folder, eventually, process_is_there

OLD = {"3.3.5": ("python2.7", ()), "4.2.2": (sys.executable, ("setuptools<81",))}
STARTS = """\
import site, sys
site.addsitedir({packages!r})
sys.argv[0] = "supervisord"
from supervisor.supervisord import main
main()
"""


@dataclass
class OldFolder(Folder):
    """One whose supervisord is another than this environment's."""

    @property
    def executable(self) -> str:
        return str(self.root / "supervisord")


@pytest.fixture(scope="module", params=[pytest.param("3.3.5", marks=pytest.mark.old_python), "4.2.2"])
def packages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An interpreter, and a folder with that version of Supervisor for it."""
    name, besides = OLD[request.param]
    python = found_python(name)
    if python is None:
        pytest.skip(f"not on this machine: {name}")
    folder = tmp_path_factory.mktemp("supervisor")
    wanted = [f"supervisor=={request.param}", *besides]
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder)]
    subprocess.run([*install, *wanted], check=True, capture_output=True)
    return str(python), folder


@pytest.fixture
def old(packages: tuple[str, Path], machine: Machine) -> Iterator[Folder]:
    """A running one, in a short folder; `python` is what our check of its files is run by."""
    import shutil
    import tempfile

    python, place = packages
    root = Path(tempfile.mkdtemp(prefix="bl-")).resolve()
    folder = OldFolder(root, str(root / "python"))
    folder.prepare()
    with_packages = f"import site, sys; site.addsitedir({str(place)!r}); sys.argv[:1] = []"
    Path(folder.python).write_text(
        f"#!{python}\n{with_packages}\nassert sys.argv[:3] == ['-E', '-s', '-c'], sys.argv\n"
        "sys.argv[:4], code = ['-c'], sys.argv[3]\nexec(compile(code, 'check', 'exec'))\n"
    )
    Path(folder.executable).write_text(f"#!{python}\n{STARTS.format(packages=str(place))}")
    for script in (folder.python, folder.executable):
        os.chmod(script, 0o755)
    process = subprocess.Popen([folder.executable, "-n", "-c", folder.configuration], stdout=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            return folder.supervisor.state() == "RUNNING"
        except Failure:
            return False

    eventually(machine, answers)
    yield folder
    folder.end(machine)
    process.kill()
    process.wait()
    shutil.rmtree(root)


def test_a_generation_takes_over_from_another(old: Folder, machine: Machine) -> None:
    """Started, drained and removed, with names and texts that its parser must take as ours does."""
    start = [
        StartPrograms(
            old.socket, old.include, old.python, (old.program(f"shop-web-r{number}", environment={"A": '5 % "x";'}),)
        )
        for number in (1, 2)
    ]
    (first,) = start[0].perform(machine)
    (second,) = start[1].perform(machine)
    assert process_is_there(first.pid)
    DrainPrograms(old.socket, old.include, ("shop-web-r1",)).perform(machine)
    eventually(machine, lambda: not process_is_there(first.pid))
    RemovePrograms(old.socket, old.include, ("shop-web-r1",)).perform(machine)
    assert [found.name for found in old.supervisor.processes()] == ["shop-web-r2"]
    assert old.pid("shop-web-r2") == second.pid
    assert old.supervisor.stop_signal("shop-web-r2") == "TERM"
    assert Path(f"/proc/{second.pid}/environ").read_bytes().split(b"\0").count(b'A=5 % "x";') == 1


def test_what_its_parser_refuses_is_refused_before_it_is_written(old: Folder, machine: Machine) -> None:
    old.file("theirs").write_text("[program:shop-web-r1]\ncommand=/bin/cat\n")
    with pytest.raises(ConfigurationError, match="Supervisor's parser refuses the new programs: .* is also in theirs"):
        StartPrograms(old.socket, old.include, old.python, (old.program("shop-web-r1"),)).perform(machine)
    assert not old.file("shop-web-r1").exists()


def test_a_program_that_dies_is_told_with_its_end(old: Folder, machine: Machine) -> None:
    dying = old.shell("shop-web-r1", "echo the tea is out; exit 3", start_seconds=5)
    with pytest.raises(Refused, match="shop-web-r1 does not stay up .BACKOFF, exit status 3"):
        StartPrograms(old.socket, old.include, old.python, (dying,)).perform(machine)


def test_a_program_that_supervisor_has_started_anew_is_told_too(old: Folder, machine: Machine) -> None:
    program = old.program("shop-web-r1")
    StartPrograms(old.socket, old.include, old.python, (program,)).perform(machine)
    before = require_health(old.socket, "shop-web-r1", "/")
    os.kill(before.pid, signal.SIGKILL)
    eventually(machine, lambda: old.pid("shop-web-r1") not in (0, before.pid))
    with pytest.raises(Refused, match="does not stay up .started again, terminated by SIGKILL"):
        require_health(old.socket, "shop-web-r1", "/", before)


def test_somebody_elses_broken_file_is_named(old: Folder, machine: Machine) -> None:
    old.file("theirs").write_text("[program:theirs]\ncommand=/bin/cat\nautostart=maybe\n")
    with pytest.raises(Failure, match="not a valid boolean value: 'maybe'"):
        StartPrograms(old.socket, old.include, old.python, (old.program("shop-web-r1"),)).perform(machine)
