"""What a person does on hosts through Backline: a line of shell, a login, Python and SQL in the live release."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from backline.commands.sandbox.processes import find_processes
from tests.host.deploy.project import CHECKOUT, DEADLINE, Completed, Project
from tests.host.deploy.screens import screen_of
from tests.host.deploy.test_looking import agents, in_shell, wait_for
from tests.host.terminal import Person, sitting_at

SOMEBODY = "nobody"
"""A user that every system has."""


def latest(project: Project) -> dict[str, Any]:
    """The ledger's last entry, by what says how it ended."""
    entry = project.on_host("history").document[-1]
    return {name: entry[name] for name in ("command", "status", "error", "release")}


def at_terminal(project: Project, *words: str) -> AbstractContextManager[Person]:
    environment = {"PYTHONPATH": str(CHECKOUT), **project.environment, "TERM": "xterm"}
    return sitting_at([sys.executable, "-m", "invoke", *words], project.folder, environment)


def ended(project: Project, command: str, error: str | None = None, release: str | None = None) -> None:
    """The last entry of the ledger is this."""
    status = "failed" if error else "done"
    wanted = {"command": command, "status": status, "error": error, "release": release}
    assert latest(project) == wanted


# a line of shell; no release is needed


def test_run_puts_the_host_before_each_line(sandbox: Project) -> None:
    done = sandbox.inv("run", "echo one; echo two >&2; pwd")
    assert done.out.splitlines()[:2] == ["sandbox | one", "sandbox | two"]
    assert done.out.splitlines()[2] == f"sandbox | {sandbox.environment['BACKLINE_SANDBOX_ROOT']}"
    ended(sandbox, "inv run 'echo one; echo two >&2; pwd'")


def test_run_ends_as_the_line_ended(sandbox: Project) -> None:
    done = sandbox.inv("run", "exit 7", "--host", "sandbox", check=False)
    assert (done.code, done.out, done.err) == (7, "", "sandbox: exit code 7\n")
    ended(sandbox, "inv run 'exit 7' --host sandbox", "exit code 7")
    assert sandbox.inv("run", "kill -9 $$", check=False).code == 137


def test_run_on_several_hosts_ends_with_the_worst_code(sandbox: Project, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory"
    shutil.copytree(sandbox.folder / "inventory", inventory)
    shutil.copytree(inventory / "host_vars/sandbox", inventory / "host_vars/second")  # another name for the same host
    hosts = (inventory / "hosts.yml").read_text()
    (inventory / "hosts.yml").write_text(hosts.replace("    sandbox:\n", "    sandbox:\n    second:\n", 1))
    both = ("--host", "sandbox,second", "--inventory", str(inventory))
    once = f"echo here; if mkdir {tmp_path}/once 2>/dev/null; then exit 3; else exit 4; fi"
    done = sandbox.inv("run", once, *both, check=False)
    assert (done.code, sorted(done.out.splitlines())) == (4, ["sandbox | here", "second  | here"])
    assert sorted(line.split()[-1] for line in done.err.splitlines()) == ["3", "4"]
    assert sandbox.inv("ssh", *both, check=False).code == 2


def test_run_is_ended_by_ctrl_c_and_leaves_nothing_behind(sandbox: Project) -> None:
    process = sandbox.start("run", "echo begun; sleep 1234")
    assert process.stdout is not None
    assert process.stdout.readline() == "sandbox | begun\n"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=DEADLINE)
    assert "stopped by Ctrl-C" in screen_of(Completed(process.returncode, out, errors)).text
    assert process.returncode == 1
    wait_for(lambda: agents(sandbox) == [])
    root = Path(sandbox.environment["BACKLINE_SANDBOX_ROOT"])
    wait_for(lambda: not [found for found in find_processes(root) if "sleep 1234" in found.command])
    assert latest(sandbox)["status"] == "failed"


def test_run_ends_when_nobody_reads_it_any_more(sandbox: Project) -> None:
    done = in_shell(sandbox, "inv run yes | head -n 1")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"sandbox | y\n", b"")
    wait_for(lambda: agents(sandbox) == [])


def test_ssh_is_a_login_with_its_terminal(sandbox: Project) -> None:
    with at_terminal(sandbox, "ssh") as person:
        person.types(b"echo in:$PWD; test -t 0 && exit 9\r")
        person.waits_for(f"in:{sandbox.environment['BACKLINE_SANDBOX_ROOT']}\r".encode())
        assert person.sees_it_end() == 9
    ended(sandbox, "inv ssh", "exit code 9")


def test_ssh_without_a_terminal_reads_commands(sandbox: Project) -> None:
    done = in_shell(sandbox, "inv ssh", b"echo 6 x 7 = $((6 * 7))\nexit 3\n")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (3, b"6 x 7 = 42")


def test_run_as_the_apps_user_is_as_whoever_logs_in_where_nobody_is_root(sandbox: Project) -> None:
    done = sandbox.inv("run", "id -un", "--as", "app", "--host", "sandbox")
    assert done.out == f"sandbox | {getpass.getuser()}\n"
    ended(sandbox, "inv run 'id -un' --as app --host sandbox")


def test_run_as_somebody_else_is_for_root_alone(sandbox: Project) -> None:
    home = pwd.getpwnam(SOMEBODY).pw_dir
    done = sandbox.inv("run", 'echo "$(id -un) $USER $HOME"', "--as", SOMEBODY, check=False)
    if os.geteuid() == 0:
        assert (done.code, done.out) == (0, f"sandbox | {SOMEBODY} {SOMEBODY} {home}\n")
    else:
        assert done.code == 2
        assert f"may not run anything as {SOMEBODY}: only root may" in screen_of(done).text
    unknown = sandbox.inv("run", "true", "--as", "nosuchuser", check=False)
    assert (unknown.code, unknown.out) == (2, "")
    assert "there is no user nosuchuser on this host" in screen_of(unknown).text


def test_run_on_one_host_as_somebody_else_has_the_terminal_too(sandbox: Project) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs anything as somebody else")
    with at_terminal(sandbox, "run", "id -un; test -t 0 && exit 6", "--as", SOMEBODY) as person:
        assert person.sees_it_end() == 6
    assert person.seen.startswith(f"{SOMEBODY}\r\n".encode())
    assert latest(sandbox)["error"] == "exit code 6"


@pytest.mark.parametrize("command", ["shell", "dbshell"])
def test_what_needs_a_release_names_the_first_deploy(sandbox: Project, command: str) -> None:
    done = sandbox.inv(command, check=False)
    assert done.code == 2
    assert "inv deploy --host sandbox" in screen_of(done).next


# in the live release

WATCH = """
import os, signal, sys, time
signal.signal(signal.SIGWINCH, lambda *_: os.write(1, b"size %d %d\\n" % os.get_terminal_size()))
try:
    print("\\033[32mterminal\\033[0m", os.environ["TERM"], *map(os.isatty, (0, 1, 2)), flush=True)
    while True:
        time.sleep(0.05)
except KeyboardInterrupt:
    print("interrupted", os.environ.get("SHOP_GREETING"), os.environ.get("BACKLINE_RELEASE"), flush=True)
    sys.exit(7)
"""
IN_RELEASE = "interrupted Hello from the sandbox r1"
WAYS: list[tuple[list[str], str, str]] = [
    (["run", f"exec {sys.executable} WATCH"], "", "interrupted None None"),
    (["ssh"], f"exec {sys.executable} WATCH", "interrupted None None"),
    (["manage", "shell -c \"exec(open('WATCH').read())\""], "", IN_RELEASE),
    (["shell"], "exec(open('WATCH').read())", IN_RELEASE),
]


@pytest.mark.parametrize(("words", "typed", "told"), WAYS, ids=[words[0] for words, _, _ in WAYS])
def test_the_terminal_is_a_real_one(deployed: Project, tmp_path: Path, words: list[str], typed: str, told: str) -> None:
    """Its size as it changes, colours, Ctrl-C for the program and not for us, the exit code; and it is written down."""
    script = tmp_path / "watch.py"
    script.write_text(WATCH)
    with at_terminal(deployed, *(word.replace("WATCH", str(script)) for word in words)) as person:
        if typed:
            person.types(typed.replace("WATCH", str(script)).encode() + b"\r")
        person.waits_for(b"\x1b[32mterminal\x1b[0m xterm True True True\r\n")
        person.resizes(33, 101)
        person.waits_for(b"size 101 33\r\n")
        person.types(b"\x03")
        person.waits_for(told.encode())
        assert person.sees_it_end() == 7
    entry = latest(deployed)
    assert entry["command"].startswith(f"inv {words[0]}")
    release = "r1" if told == IN_RELEASE else None
    assert (entry["status"], entry["error"], entry["release"]) == ("failed", "exit code 7", release)


def test_dbshell_has_the_terminal_too(deployed: Project) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3, the client of the example's database, is not installed")
    with at_terminal(deployed, "dbshell") as person:
        person.waits_for(b"sqlite> ")
        person.resizes(33, 101)
        person.types(b".shell stty size\r")
        person.waits_for(b"33 101\r\n")
        person.types(b".exit 7\r")
        assert person.sees_it_end() == 7
    ended(deployed, "inv dbshell", "exit code 7", "r1")


def test_shell_is_python_in_the_live_release(deployed: Project) -> None:
    with at_terminal(deployed, "shell", "--host", "sandbox") as person:
        person.waits_for(b">>> ")
        person.types(b"import os; print('in', os.getcwd()[-10:], os.environ['SHOP_GREETING'])\r")
        person.waits_for(b"in releases/1 Hello from the sandbox")
        person.types(b"raise SystemExit(5)\r")
        assert person.sees_it_end() == 5
    ended(deployed, "inv shell --host sandbox", "exit code 5", "r1")


def test_dbshell_speaks_to_the_database_of_the_live_release(deployed: Project) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3, the client of the example's database, is not installed")
    done = in_shell(deployed, "inv dbshell", b"select 'shop_' || count(*) from shop_product;\n")
    assert (done.returncode, done.stdout.startswith(b"shop_")) == (0, True), done.stderr
    ended(deployed, "inv dbshell", release="r1")


def test_manage_stands_in_the_ledger(deployed: Project) -> None:
    deployed.inv("manage", "check")
    ended(deployed, "inv manage check", release="r1")
