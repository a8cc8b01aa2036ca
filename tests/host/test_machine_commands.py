"""Commands that the machine runs: what they get, what is kept of them, and how they end when nobody waits any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.agent.commands import Command, environment_of
from backline.agent.events import Kind
from backline.agent.facts import gather_facts
from backline.agent.steps.find_account import FindAccount
from backline.resources.failure import ConfigurationError, Failure, Interrupted
from backline.transport.login_name import login_name
from tests.host.applying import QuietLine, ThisHost, this_host

__all__ = ["this_host"]

CHECKOUT = str(Path(__file__).parents[2])
NOBODYS = 54321
"""A uid that no account has."""


def wait_until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        threading.Event().wait(0.02)


def is_alive(pid: int) -> bool:
    """A zombie counts as gone: its parent may take its time."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pid_in(path: Path) -> int:
    wait_until(lambda: path.exists() and path.read_text().strip() != "")
    return int(path.read_text())


def test_output_and_exit_code_come_back(this_host: ThisHost) -> None:
    completed = this_host.machine.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (completed.code, completed.output) == (3, "out\nerr\n")


def test_a_signal_is_a_negative_code(this_host: ThisHost) -> None:
    assert this_host.machine.run(["sh", "-c", "kill -KILL $$"]).code == -signal.SIGKILL


def test_a_command_that_is_not_there_says_so(this_host: ThisHost) -> None:
    completed = this_host.machine.run(["no-such-command-anywhere"])
    assert (completed.code, completed.output) == (127, "no-such-command-anywhere: command not found\n")


def test_a_file_that_is_no_program_says_so(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    completed = this_host.machine.run([str(tmp_path / "data")])
    assert completed.code == 126
    assert "Permission denied" in completed.output


def test_a_missing_directory_is_not_taken_for_a_missing_command(this_host: ThisHost) -> None:
    with pytest.raises(Failure, match="there is no such directory"):
        this_host.machine.run(["true"], directory="/no/such/directory")


def test_input_larger_than_any_pipe_goes_through(this_host: ThisHost) -> None:
    given = os.urandom(3_000_000)
    completed = this_host.machine.run(["sh", "-c", "cat | wc -c"], stdin=given)
    assert completed.output.strip() == "3000000"


def test_a_command_need_not_read_its_input(this_host: ThisHost) -> None:
    assert this_host.machine.run(["true"], stdin=bytes(3_000_000)).code == 0


def test_without_input_a_command_reads_an_end(this_host: ThisHost) -> None:
    assert this_host.machine.run(["cat"]).output == ""


def test_the_end_of_a_long_output_is_kept(this_host: ThisHost) -> None:
    completed = this_host.machine.run(["sh", "-c", "head -c 2000000 /dev/zero | tr '\\0' x; echo; echo last"])
    assert len(completed.output) == 256 * 1024
    assert completed.output.endswith("x\nlast\n")


def test_live_lines_are_sent_as_they_come(this_host: ThisHost) -> None:
    script = r"printf 'one\ntwo \377\n'; head -c 10000 /dev/zero | tr '\0' y; printf '\nthree'"
    this_host.machine.run(["sh", "-c", script], live=True)
    assert {event.kind for event in this_host.line.events} == {Kind.OUTPUT}
    assert [event.text for event in this_host.line.events] == [
        "one",
        "two \N{REPLACEMENT CHARACTER}",
        "y" * 8192,
        "y" * (10000 - 8192),
        "three",
    ]


def test_the_environment_is_only_what_is_documented(this_host: ThisHost, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_OF_THE_AGENT", "PYTHONPATH", "LC_ALL", "SSH_CONNECTION"):
        monkeypatch.setenv(name, "x")
    for name in ("https_proxy", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_INDEX_URL", "UV_OFFLINE"):
        monkeypatch.setenv(name, name)
    output = this_host.machine.run(["env"], environment={"GIVEN": "1", "LANG": "de_DE.UTF-8"}).output
    found = dict(line.split("=", 1) for line in output.splitlines())
    assert found["LANG"] == "de_DE.UTF-8"
    assert found["https_proxy"] == "https_proxy"
    assert {"PATH", "HOME", "USER", "LOGNAME", "GIVEN", "NO_PROXY", "SSL_CERT_FILE", "PIP_INDEX_URL"} <= set(found)
    assert not {"SECRET_OF_THE_AGENT", "PYTHONPATH", "LC_ALL", "SSH_CONNECTION"} & set(found)


def test_no_descriptor_leaks_into_a_command(this_host: ThisHost) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    try:
        completed = this_host.machine.run(
            [sys.executable, "-c", "import os; print(sorted(os.listdir('/proc/self/fd')))"]
        )
    finally:
        os.close(reader)
        os.close(writer)
    assert completed.output.strip() == "['0', '1', '2', '3']"  # 3 is the listing's own


def test_signals_are_those_of_a_login(this_host: ThisHost) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        completed = this_host.machine.run(["grep", "SigIgn", "/proc/self/status"])
    finally:
        signal.signal(signal.SIGINT, previous)
    assert int(completed.output.split()[1], 16) & (1 << (signal.SIGINT - 1)) == 0


def test_a_child_left_behind_does_not_hold_the_command(this_host: ThisHost, tmp_path: Path) -> None:
    completed = this_host.machine.run(["sh", "-c", f"sleep 300 & echo $! >{tmp_path}/pid; echo done"])
    assert completed.output == "done\n"
    os.kill(pid_in(tmp_path / "pid"), signal.SIGKILL)


def test_time_over_kills_the_group_and_tells_the_last_lines(this_host: ThisHost, tmp_path: Path) -> None:
    script = f"trap '' TERM; sleep 300 & echo $! >{tmp_path}/pid; echo getting ready; wait; wait"
    with pytest.raises(Failure, match="sh was still running after 3 s") as caught:
        this_host.machine.run(["sh", "-c", script], timeout=3)
    assert caught.value.lines == ("getting ready",)
    wait_until(lambda: not is_alive(pid_in(tmp_path / "pid")))


def test_the_group_is_killed_when_the_controller_goes(this_host: ThisHost, tmp_path: Path) -> None:
    def leave() -> None:
        pid_in(tmp_path / "pid")
        this_host.line.leave()

    watcher = threading.Thread(target=leave)
    watcher.start()
    with pytest.raises(Interrupted):
        this_host.machine.run(["sh", "-c", f"sleep 300 & echo $! >{tmp_path}/pid; wait"])
    watcher.join()
    wait_until(lambda: not is_alive(pid_in(tmp_path / "pid")))


def test_nothing_is_started_when_the_controller_has_gone(this_host: ThisHost, tmp_path: Path) -> None:
    this_host.line.leave()
    with pytest.raises(Interrupted):
        this_host.machine.run(["touch", str(tmp_path / "started")])
    with pytest.raises(Interrupted):
        this_host.machine.pause(60)
    assert os.listdir(tmp_path) == []


def test_a_killed_agent_leaves_no_command_running(tmp_path: Path) -> None:
    agent = subprocess.Popen([sys.executable, "-c", AGENT, str(tmp_path / "pid")], cwd=CHECKOUT)
    command = pid_in(tmp_path / "pid")
    assert is_alive(command)
    agent.kill()
    agent.wait()
    wait_until(lambda: not is_alive(command))


AGENT = """
import sys
from backline.agent.machine import Machine
from backline.transport.login_name import login_name
from tests.host.applying import QuietLine
Machine(QuietLine()).run(["sh", "-c", "echo $$ >$0; exec sleep 300", sys.argv[1]])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run commands as another user")
def test_a_command_runs_as_another_user_in_full(this_host: ThisHost) -> None:
    output = this_host.machine.run(
        ["sh", "-c", 'id -un; id -gn; id -Gn; echo "$HOME $USER $LOGNAME"'], user="daemon"
    ).output
    assert output.splitlines() == ["daemon", "daemon", "daemon", "/usr/sbin daemon daemon"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run commands as another user")
def test_a_command_of_another_user_dies_with_the_agent_too() -> None:
    script = AGENT.replace("sys.argv[1]]", "sys.argv[1]], user='daemon'")
    with tempfile.TemporaryDirectory() as public:  # tmp_path is the starter's alone
        Path(public).chmod(0o777)
        agent = subprocess.Popen([sys.executable, "-c", script, f"{public}/pid"], cwd=CHECKOUT)
        command = pid_in(Path(public, "pid"))
        agent.kill()
        agent.wait()
        wait_until(lambda: not is_alive(command))


def test_an_unknown_user_is_named(this_host: ThisHost) -> None:
    with pytest.raises(Failure, match="there is no user nobody-of-that-name"):
        this_host.machine.run(["true"], user="nobody-of-that-name")


def test_programs_are_found_beyond_path(this_host: ThisHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert this_host.machine.find_program("mine") is None
    (tmp_path / "mine").chmod(0o755)
    assert this_host.machine.find_program("mine") == str(tmp_path / "mine")
    assert this_host.machine.find_program("sh") in ("/usr/bin/sh", "/bin/sh")


def test_a_line_is_told(this_host: ThisHost) -> None:
    this_host.machine.tell("building")
    assert [(event.kind, event.text) for event in this_host.line.events] == [(Kind.NOTE, "building")]
    assert isinstance(this_host.line, QuietLine)


def test_a_validated_write_is_given_up_when_the_controller_goes(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("old")

    def leave() -> None:
        pid_in(tmp_path / "pid")
        this_host.line.leave()

    watcher = threading.Thread(target=leave)
    watcher.start()
    with pytest.raises(Interrupted):
        this_host.machine.write(
            str(tmp_path / "conf"),
            b"new",
            mode=0o644,
            validate=("sh", "-c", f"echo $$ >{tmp_path}/pid; exec sleep 300", "{}"),
        )
    watcher.join()
    assert (tmp_path / "conf").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["conf", "pid"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be whom no account has")
def test_a_user_whom_no_account_has_goes_by_number(this_host: ThisHost, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    os.setresuid(NOBODYS, NOBODYS, 0)
    try:
        facts, environment, login = gather_facts(), environment_of(Command(("true",))), login_name()
        with pytest.raises(ConfigurationError, match=f"^{NOBODYS}, who logs in, may not run anything as daemon"):
            FindAccount("daemon").perform(this_host.machine)
    finally:
        os.setresuid(0, 0, 0)
    assert (facts.user, facts.uid, facts.home, login) == (str(NOBODYS), NOBODYS, "/", str(NOBODYS))
    assert [environment[name] for name in ("USER", "LOGNAME", "HOME")] == [str(NOBODYS), str(NOBODYS), "/"]
