"""Command lines that Invoke would refuse or misread: what is said instead, and what is to be typed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoke.exceptions import Exit
from invoke.main import program
from invoke.parser import Parser

from backline.commands.collection import commands
from backline.commands.command_line import prepare_help, require_meant

TASKS = str(Path(__file__).parents[2] / "tasks.py")


@pytest.fixture(autouse=True)
def _usual_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGPIPE)
    yield
    signal.signal(signal.SIGPIPE, before)


@pytest.mark.parametrize(
    ("typed", "said", "next_"),
    [
        ("pnig", "no command is called pnig; did you mean ping?", "inv ping"),
        ("deply --host x", "did you mean deploy?", "inv deploy --host x"),
        ("help", "no command is called help", "all of them:  inv --list"),
        ("tail-celery-log --no-folow", "did you mean --no-follow?", "inv tail-celery-log --no-follow"),
        ("xyzzy", "no command is called xyzzy", "all of them:  inv --list"),
        ("tail_celery_log -n 5", "did you mean tail-celery-log?", "inv tail-celery-log -n 5"),
        ("sandbox", "sandbox is a family of commands", "inv sandbox.up"),
        ("sandbox up", "sandbox up is written as one word", "inv sandbox.up"),
        ("deploy --hots=prod", "inv deploy has no option --hots; did you mean --host?", "inv deploy --host=prod"),
        ("ping -z", "inv ping has no option -z", "its options:  inv ping --help"),
        ("ping prod --json", "inv ping does not know what prod is", "a host:  inv ping --host prod --json"),
        ("rollback --host prod r1", "an option says so", "a release:  inv rollback --host prod --to r1"),
        ("--host prod ping", "--host belongs behind the command", "inv ping --host prod"),
        ("show", "inv show lacks its release", "how it is used:  inv show --help"),
        ("logs --program", "--program lacks its value: a worker, web, beat", "its options:  inv logs --help"),
        ("logs --program --json", "--program lacks its value", "its options:  inv logs --help"),
        ("manage showmigrations shop", "it must be quoted", "inv manage 'showmigrations shop'"),
        ("manage --host=web1 migrate --plan", "it must be quoted", "inv manage 'migrate --plan' --host=web1"),
        ("run --host web1 ls -l /", "it must be quoted", "inv run 'ls -l /' --host web1"),
    ],
)
def test_what_could_be_meant_is_said(typed: str, said: str, next_: str) -> None:
    with pytest.raises(Exit) as refused:
        require_meant(commands(TASKS), ["/usr/bin/inv", *typed.split()])
    assert refused.value.code == 1
    screen = refused.value.message or ""
    assert said in " ".join(screen.split())
    assert screen.splitlines()[-1] == f"  next   {next_}"
    assert max(map(len, screen.splitlines())) <= 80


def test_what_a_word_may_be_is_said_of_each_option() -> None:
    with pytest.raises(Exit) as refused:
        require_meant(commands(TASKS), ["inv", "logs", "web"])
    assert (refused.value.message or "").splitlines()[-2:] == [
        "  next   a host:     inv logs --host web",
        "         a program:  inv logs --program web",
    ]


@pytest.mark.parametrize("command", ["show", "vault.encrypt", "manage"])
def test_help_behind_a_command_is_not_its_argument(command: str) -> None:
    namespace = commands(TASKS)
    prepare_help(namespace, ["inv", command, "--help"])
    asked = Parser(namespace.to_contexts(), program.initial_context).parse_argv([command, "--help"])
    assert asked[0].args["help"].value == command


@pytest.mark.parametrize("typed", ["ping --help", "--help ping", "--help=ping"])
def test_help_fits_a_usual_screen(typed: str) -> None:
    namespace = commands(TASKS)
    prepare_help(namespace, ["inv", *typed.split()])
    lines = [line for name in namespace.task_names for line in (namespace[name].__doc__ or "").splitlines()]
    assert max(map(len, lines)) <= 78
    assert 'inv tail-celery-log --host prod -n 100 --grep "Task .* raised" --around 3' in lines


@pytest.mark.parametrize("typed", ["--list", "deploy --help"])
def test_a_reader_who_leaves_is_no_mistake(typed: str) -> None:
    """inv --list | head"""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "invoke", *typed.split()],
        cwd=Path(TASKS).parent,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize(
    "typed", ["", "--list", "ping status --json", "show r2 --help", "deploy --host prod -e", "manage check --help"]
)
def test_what_is_right_or_invokes_own_is_left_alone(typed: str) -> None:
    namespace = commands(TASKS)
    require_meant(namespace, ["inv", *typed.split()])
    assert all("host" in namespace[name].help for name in namespace.task_names)


@pytest.mark.parametrize(("typed", "code"), [("sweep", 0), ("sweeep", 1), ("show --help", 0)])
def test_a_task_that_tasks_py_adds_is_a_command_too(tmp_path: Path, typed: str, code: int) -> None:
    """As Invoke's own program reads it."""
    own = "from invoke import task\n@task\ndef sweep(context):\n    print('swept')\nnamespace.add_task(sweep)\n"
    (tmp_path / "tasks.py").write_text(f"{Path(TASKS).read_text()}\n{own}")
    words = [sys.executable, "-m", "invoke", *typed.split()]
    environment = {**os.environ, "PYTHONPATH": str(Path(TASKS).parent)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("swept" in done.stdout, "did you mean sweep?" in done.stderr) == (typed == "sweep", typed == "sweeep")
    assert ("One release: where it came from" in done.stdout) == typed.startswith("show")


def test_what_is_not_typed_to_invoke_is_left_alone() -> None:
    require_meant(commands(TASKS), ["/usr/bin/pytest", "pnig"])
