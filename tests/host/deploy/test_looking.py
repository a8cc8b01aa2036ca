"""The commands that look and those that run something: with a terminal and without, piped, cut short, interrupted."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.commands.sandbox.processes import find_processes
from tests.host.deploy.project import CHECKOUT, DEADLINE, Project
from tests.host.terminal import sitting_at

READ = "import sys; print(repr(sys.stdin.read()))"


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "never came"
        time.sleep(0.05)


def in_shell(project: Project, line: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """A line of shell in which `inv` is the command."""
    script = f'set -o pipefail; inv() {{ "{sys.executable}" -m invoke "$@"; }}; {line}'
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), **project.environment}
    return subprocess.run(
        ["bash", "-c", script], cwd=project.folder, env=environment, input=given, capture_output=True, timeout=DEADLINE
    )


def agents(project: Project) -> list[str]:
    """The agents that run on the host."""
    root = Path(project.environment["BACKLINE_SANDBOX_ROOT"])
    return [found.command for found in find_processes(root) if " -I -S -c " in found.command]


# hosts that are not there


@pytest.mark.parametrize("command", ["releases", "history", "tail-celery-log --no-follow"])
def test_a_host_that_is_not_reached_hides_nothing_of_the_others(
    deployed: Project, tmp_path: Path, command: str
) -> None:
    inventory = shutil.copytree(deployed.folder / "inventory", tmp_path / "inventory")
    (inventory / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"sandbox": None, "gone": None}}}))
    shutil.copytree(inventory / "host_vars" / "sandbox", inventory / "host_vars" / "gone")
    (inventory / "host_vars" / "gone" / "own.yml").write_text("ansible_port: 1\n")
    words = (*command.split(), "--inventory", str(inventory), "--host", "sandbox,gone", "--json")
    done = deployed.inv(*words, check=False)
    assert done.code == 4, done.err
    assert set(re.findall(r'"host": "(\w+)"', done.out)) == {"sandbox"}
    assert "Unreachable: gone" in done.err


# manage


def test_manage_passes_input_output_and_the_exit_code_on(deployed: Project) -> None:
    done = in_shell(deployed, "inv manage shell", b"import sys\nprint(6 * 7)\nsys.exit(7)\n")
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (7, [b"42"])


def test_manage_keeps_quotes_and_spaces(deployed: Project) -> None:
    done = deployed.inv("manage", """shell -c 'print("a  b; $HOME `id` \\\\ *", 1)'""")
    assert done.out.splitlines()[-1] == "a  b; $HOME `id` \\ * 1"


def test_manage_runs_in_the_release_with_its_environment(deployed: Project) -> None:
    done = deployed.inv("manage", """shell -c 'import os; print(os.getcwd(), os.environ["SHOP_GREETING"])'""")
    assert done.out.splitlines()[-1].endswith("/shop/releases/1 Hello from the sandbox")


def test_manage_names_a_quote_that_is_not_closed(deployed: Project) -> None:
    done = deployed.inv("manage", "shell -c 'print(1)", check=False)
    assert done.code == 2
    assert "is not a whole command line: no closing quotation" in done.err


def test_manage_at_a_terminal_is_a_conversation(deployed: Project) -> None:
    command = [sys.executable, "-m", "invoke", "manage", "shell"]
    with sitting_at(command, deployed.folder, {"PYTHONPATH": str(CHECKOUT), **deployed.environment}) as person:
        person.waits_for(b">>> ")
        person.types(b"import os; print('terminal:', os.isatty(0), 6 * 7)\r")
        person.waits_for(b"terminal: True 42")
        person.types(b"raise SystemExit(5)\r")
        assert person.sees_it_end() == 5


# logs


def test_the_last_lines_stand_in_columns(deployed: Project) -> None:
    done = deployed.inv("tail-celery-log", "--no-follow", "-n", "3")
    columns = {line.index(" |") for line in done.out.splitlines()}
    sources = {tuple(line.split()[:3]) for line in done.out.splitlines()}
    assert sources == {("sandbox", name, "r1") for name in ("default", "mail", "beat")}
    assert len(columns) == 1


def test_following_shows_what_a_task_writes_and_ends_quietly_with_ctrl_c(deployed: Project) -> None:
    process = deployed.start("tail-celery-log", "-n", "0")
    wait_for(lambda: len(agents(deployed)) == 1)
    deployed.inv("manage", "shell -c 'from shop.tasks import take_stock; take_stock.delay()'")
    assert process.stdout is not None
    for line in process.stdout:
        if "Task shop.tasks.take_stock" in line and "succeeded" in line:
            break
    assert line.startswith("sandbox  default  r1 | ")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, errors) == (0, "")
    wait_for(lambda: agents(deployed) == [])


def test_a_number_of_lines_must_be_one(deployed: Project) -> None:
    done = deployed.inv("tail-celery-log", "-n", "many", check=False)
    assert (done.code, "-n many: a number of lines is meant" in done.err) == (2, True)


# whoever reads may leave


@pytest.mark.parametrize(
    "command", ["status", "status --json", "releases", "ping", "tail-celery-log", "tail-celery-log --no-follow -n 500"]
)
def test_whoever_reads_may_leave(deployed: Project, command: str) -> None:
    done = in_shell(deployed, f"inv {command} | head -c 1")
    assert (done.returncode, len(done.stdout), done.stderr) == (0, 1, b"")
    wait_for(lambda: agents(deployed) == [])


def test_a_deploy_goes_on_when_nobody_reads(deployed: Project) -> None:
    done = in_shell(deployed, "inv deploy --force | head -n 1")
    assert (done.returncode, done.stderr) == (0, b"")
    live = [item["release"] for item in deployed.on_host("releases").document if item["live"]]
    assert live == ["r2"]


def test_releases_as_json_have_these_fields(deployed: Project) -> None:
    listed = deployed.on_host("releases").document
    commit = deployed.git("rev-parse", "HEAD")
    assert [item["release"] for item in listed] == ["r2", "r1"]
    assert {(item["host"], item["commit"], item["ref"]) for item in listed} == {("sandbox", commit, "HEAD")}
    assert [(item["live"], item["good"]) for item in listed] == [(True, True), (False, True)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item["at"]) for item in listed)
    assert all(re.fullmatch(r"[^@]+@.+", item["by"]) for item in listed)


def test_ping_prints_the_facts(deployed: Project) -> None:
    headings, host = deployed.inv("ping").out.splitlines()
    assert headings.split() == ["host", "user", "system", "python", "machine"]
    assert host.startswith("sandbox  ")
    assert " cores, " in host
