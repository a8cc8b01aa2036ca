"""The Python behind a script: every way in which scripts name it, and every way in which ours gets lost."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.resources.failure import Failure
from backline.resources.script_interpreter import ScriptInterpreter, interpreter_words
from tests.host.applying import ThisHost, this_host

__all__ = ["this_host"]

SHOW = "import sys\nprint(sys.prefix)\n"
LONG = "#!/bin/sh\n'''exec' {} \"$0\" \"$@\"\n' '''\n"


def script(folder: Path, first: str) -> Path:
    path = folder / "supervisord"
    path.write_text(first + SHOW)
    path.chmod(0o755)
    return path


def answer(path: Path, *arguments: str) -> str:
    return subprocess.run([str(path), *arguments], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "first",
    [
        f"#!{sys.executable}\n",
        f"#! {sys.executable} -s\n",
        "#!/usr/bin/env python3\n",
        LONG.format(sys.executable),
        LONG.format(f'"{sys.executable}"'),
        LONG.format(f"'{sys.executable}'"),
    ],
)
def test_it_is_the_python_that_the_script_runs_by(this_host: ThisHost, tmp_path: Path, first: str) -> None:
    named = script(tmp_path, first)
    interpreter = ScriptInterpreter(f"{tmp_path}/python", script=str(named))
    assert this_host.apply(interpreter)
    assert not this_host.apply(interpreter)
    assert answer(tmp_path / "python", "-I", "-c", SHOW) == answer(named)


def test_a_virtualenv_s_python_has_the_virtualenv_s_packages(this_host: ThisHost, tmp_path: Path) -> None:
    made = tmp_path / "an environment"
    venv.create(made, with_pip=False, symlinks=True)
    named = script(tmp_path, LONG.format(f'"{made}/bin/python"'))
    this_host.apply(ScriptInterpreter(f"{tmp_path}/python", script=str(named)))
    assert answer(tmp_path / "python", "-I", "-c", SHOW) == str(made)


def emptied(path: Path) -> None:
    path.write_text("")


def closed(path: Path) -> None:
    path.chmod(0o600)


@pytest.mark.parametrize("vandalism", [Path.unlink, emptied, closed])
def test_it_is_mended(this_host: ThisHost, tmp_path: Path, vandalism: Callable[[Path], None]) -> None:
    interpreter = ScriptInterpreter(f"{tmp_path}/python", script=str(script(tmp_path, f"#!{sys.executable}\n")))
    this_host.apply(interpreter)
    vandalism(tmp_path / "python")
    assert this_host.check(interpreter)
    assert this_host.apply(interpreter)
    assert not this_host.check(interpreter)


def test_it_follows_the_script_to_another_python(this_host: ThisHost, tmp_path: Path) -> None:
    interpreter = ScriptInterpreter(f"{tmp_path}/python", script=str(script(tmp_path, f"#!{sys.executable}\n")))
    this_host.apply(interpreter)
    script(tmp_path, "#!/usr/bin/env python3\n")
    assert this_host.attributes(interpreter) == ["content"]


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\necho no\n", b"print(1)\n"])
def test_what_names_no_python_is_refused_with_the_way_out(content: bytes) -> None:
    with pytest.raises(Failure, match="supervisord is not a script") as refused:
        interpreter_words(content, "supervisord")
    assert "PATH" in refused.value.hint
