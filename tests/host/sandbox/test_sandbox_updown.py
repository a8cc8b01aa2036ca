"""The sandbox up and down: what it writes, what it keeps, what it refuses, and that nothing of it stays behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from backline.commands import sandboxing
from backline.commands.sandbox import sandbox
from backline.commands.sandbox.environment import PATH_VARIABLE
from backline.commands.sandbox.kernel import process_state
from backline.commands.sandbox.location import ROOT_VARIABLE, Location, locate
from backline.commands.sandbox.processes import find_processes, stop_processes
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError, Failure, LockHeld
from tests.host.sandbox.conftest import RunningSandbox, read_until, wait_for


def is_gone(pid: int) -> bool:
    state = process_state(pid)
    return state is None or state.is_zombie


def started(running: RunningSandbox, command: str) -> int:
    """A command that says a pid and goes on; the connection ends, the command does not."""
    with running.login() as transport:
        channel = transport.open_session()
        channel.exec_command(command)
        return int(read_until(channel, b"\n"))


def sandbox_of(project: Path, host_vars: Path) -> RunningSandbox:
    status = sandbox.up(project, host_vars)
    return RunningSandbox(Location(project, status.root), status)


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for("the end of what was killed", lambda: is_gone(pid))


def test_its_host_has_what_lies_in_the_folders_that_are_named(
    project: Path, host_vars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "greet"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    assert sandbox_of(project, host_vars).run("greet; command -v sh").output.startswith(b"hello\n/")
    sandbox.down(project)


def test_a_sandbox_that_was_moved_is_refused_with_the_way_out(project: Path, host_vars: Path) -> None:
    first = sandbox_of(project, host_vars)
    sandbox.down(project)
    moved = project.with_name("m0")
    project.rename(moved)
    try:
        with pytest.raises(ConfigurationError, match="was moved") as raised:
            sandbox.up(moved, moved / "inventory/host_vars/sandbox")
    finally:
        moved.rename(project)
    assert str(first.location.root) in raised.value.cause
    assert "inv sandbox.reset" in raised.value.hint
    sandbox_of(project, host_vars)  # at its old place it is as it was
    sandbox.down(project)


def test_up_says_in_ansibles_words_how_to_reach_it(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    connection = yaml.safe_load((host_vars / "connection.yml").read_text())
    assert connection == {
        "ansible_ssh_host": "127.0.0.1",
        "ansible_port": running.status.ssh_port,
        "ansible_user": running.status.user,
        "ansible_ssh_private_key_file": str(running.location.client_key),
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={running.location.known_hosts}",
        "nginx_listen": f"127.0.0.1:{running.status.site_port}",
    }
    assert running.status.is_up
    assert running.status.started
    assert running.run("echo here").output == b"here\n"


def test_up_twice_says_that_it_is_up(project: Path, host_vars: Path) -> None:
    first = sandbox.up(project, host_vars)
    (host_vars / "connection.yml").unlink()
    second = sandbox.up(project, host_vars)
    assert (second.pid, second.started) == (first.pid, False)
    assert (host_vars / "connection.yml").exists()


def test_an_inventory_that_moved_leaves_no_address_behind(project: Path, host_vars: Path) -> None:
    sandbox.up(project, host_vars)
    sandbox.up(project, project / "elsewhere")
    assert not (host_vars / "connection.yml").exists()
    sandbox.down(project)
    assert not (project / "elsewhere/connection.yml").exists()


def test_down_then_up_keeps_ports_keys_and_data(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    key = running.location.client_key.read_bytes()
    running.run("echo kept > data")
    sandbox.down(project)
    assert not (host_vars / "connection.yml").exists()
    again = sandbox_of(project, host_vars)
    assert (again.status.ssh_port, again.status.site_port) == (running.status.ssh_port, running.status.site_port)
    assert again.status.pid != running.status.pid
    assert again.location.client_key.read_bytes() == key
    assert again.run("cat data").output == b"kept\n"


def test_reset_leaves_the_keys_and_the_address_and_nothing_else(
    project: Path, host_vars: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = sandbox_of(project, host_vars)
    key = running.location.client_key.read_bytes()
    running.run("mkdir -p shop/releases/1 .backline; echo kept > shop/releases/1/data; chmod -R a-w shop/releases")
    pid = started(running, "sleep 300 & echo $!")
    (project / "beside").write_text("not the sandbox's")
    sandboxing.reset.body(Site(project))
    told = capsys.readouterr().out
    assert re.search(rf"^removed \.backline, shop from {running.root}; \d+ processes stopped$", told, re.MULTILINE)
    status = sandbox.status(project)
    again = RunningSandbox(running.location, status)
    assert is_gone(pid)
    assert (status.is_up, status.pid != running.status.pid) == (True, True)
    assert (status.ssh_port, status.site_port) == (running.status.ssh_port, running.status.site_port)
    assert [path.name for path in running.root.iterdir()] == [".sandbox"]
    assert (again.location.client_key.read_bytes(), again.run("echo here").output) == (key, b"here\n")
    assert (project / "beside").read_text() == "not the sandbox's"


def test_reset_starts_what_never_was_and_what_was_moved(project: Path, host_vars: Path) -> None:
    assert sandbox.reset(project, host_vars).is_up
    sandbox.down(project)
    moved = project.with_name("m1")
    project.rename(moved)
    try:
        host_vars_there = moved / "inventory/host_vars/sandbox"
        assert sandbox.reset(moved, host_vars_there).is_up
        assert RunningSandbox(locate(moved), sandbox.status(moved)).run("echo here").output == b"here\n"
        sandbox.down(moved)
    finally:
        moved.rename(project)


def test_reset_touches_nothing_where_no_sandbox_is(
    project: Path, host_vars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "letter").write_text("dear")
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    with pytest.raises(ConfigurationError):
        sandbox.reset(project, host_vars)
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_a_port_that_was_taken_meanwhile_is_left_to_its_taker(project: Path, host_vars: Path) -> None:
    first = sandbox.up(project, host_vars)
    sandbox.down(project)
    with socket.create_server(("127.0.0.1", first.ssh_port)), socket.create_server(("127.0.0.1", first.site_port)):
        second = sandbox.up(project, host_vars)
    assert second.is_up
    assert {first.ssh_port, first.site_port}.isdisjoint({second.ssh_port, second.site_port})


def test_status_of_what_never_was(project: Path) -> None:
    assert sandbox.status(project).state == sandbox.DOWN
    assert sandbox.down(project).stopped == ()
    assert not (project / ".backline/sandbox").exists()


HIDING = {
    "in its home": "sleep 300 & echo $!",
    "in a session of its own, elsewhere": "cd / && setsid sleep 300 & echo $!",
    "without its environment": "env -i setsid sleep 300 & echo $!",
    "named only by its arguments": "cd / && env -i setsid tail -f $HOME/.sandbox/server.log >/dev/null & echo $!",
    "deaf to TERM": "(trap '' TERM; cd /; exec setsid sleep 300) & echo $!",
}


@pytest.mark.parametrize("command", HIDING.values(), ids=HIDING.keys())
def test_down_finds_what_outlived_a_killed_server(project: Path, host_vars: Path, command: str) -> None:
    running = sandbox_of(project, host_vars)
    pid = started(running, command)
    killed(running.status.pid)
    assert sandbox.status(project).state == sandbox.LEFT
    with pytest.raises(Failure, match="former sandbox") as refusal:
        sandbox.up(project, host_vars)
    assert "inv sandbox.down" in refusal.value.hint
    assert any(str(pid) in line for line in refusal.value.lines)
    assert pid in {process.pid for process in sandbox.down(project, patience=1).stopped}
    assert is_gone(pid)
    assert sandbox.status(project).state == sandbox.DOWN
    assert sandbox.up(project, host_vars).is_up


def test_down_finds_what_lost_its_folder(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    pid = started(running, "mkdir gone && cd gone && { env -i setsid sleep 300 & echo $!; rmdir ../gone; }")
    sandbox.down(project)
    assert is_gone(pid)


def test_a_person_at_a_terminal_of_their_own_is_not_stopped(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    leader, terminal = os.forkpty()
    if leader == 0:
        os.execve("/bin/sh", ["sh", "-c", f"cd {running.root}; echo there; sleep 300; :"], {"PATH": os.environ["PATH"]})
    try:
        os.read(terminal, 100)
        assert leader not in {process.pid for process in find_processes(running.root)}
        sandbox.down(project)
        assert not is_gone(leader)
    finally:
        os.kill(leader, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(leader, 0)


def test_a_neighbour_with_a_similar_path_is_not_stopped(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    neighbour = Path(f"{running.root}-2")
    neighbour.mkdir()
    with subprocess.Popen(["tail", "-f", "/dev/null", str(neighbour)], cwd=neighbour) as process:
        assert process.pid not in {found.pid for found in find_processes(running.root)}
        process.kill()


def test_a_record_of_another_process_with_that_pid_is_not_believed(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    record = running.location.server_record.read_text()
    sandbox.down(project)
    with subprocess.Popen(["sleep", "300"]) as stranger:
        running.location.server_record.write_text(
            record.replace(f'"pid": {running.status.pid}', f'"pid": {stranger.pid}')
        )
        assert sandbox.status(project).state == sandbox.DOWN
        sandbox.down(project)
        assert stranger.poll() is None
        stranger.kill()


SUPERVISORD = """\
[unix_http_server]
file=%(here)s/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
{user}
[program:sleeper]
command=sleep 300
directory=/
"""


def supervisord_pids(running: RunningSandbox) -> tuple[int, int]:
    """A supervisord of the sandbox's user, and its program."""
    folder = running.root / ".backline"
    folder.mkdir()
    user = "user=root" if os.getuid() == 0 else ""
    (folder / "supervisord.conf").write_text(SUPERVISORD.format(user=user))
    answer = running.run(f"{sys.executable} -m supervisor.supervisord -c {folder}/supervisord.conf")
    assert answer.code == 0, answer
    written = folder / "supervisord.pid"  # by the daemon, after the command that started it has ended
    wait_for("the daemon's pid", lambda: written.exists() and bool(written.read_text().strip()))
    supervisord = int(written.read_text())
    programs = Path(f"/proc/{supervisord}/task/{supervisord}/children")
    wait_for("the program", lambda: bool(programs.read_text().split()))
    return supervisord, int(programs.read_text().split()[0])


def test_down_ends_supervisord_and_its_programs(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    pids = supervisord_pids(running)
    sandbox.down(project)
    assert all(is_gone(pid) for pid in pids)
    log = (running.root / ".backline/supervisord.log").read_text()
    assert "stopped: sleeper" in log
    assert not running.location.supervisor_socket.exists()


def test_down_after_both_server_and_supervisord_were_killed(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    supervisord, program = supervisord_pids(running)
    killed(supervisord)
    killed(running.status.pid)
    assert not is_gone(program)
    stopped = sandbox.down(project).stopped
    assert program in {process.pid for process in stopped}
    assert is_gone(program)
    assert not find_processes(running.root)


def test_a_server_that_does_not_answer_is_not_up(
    project: Path, host_vars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backline.commands.sandbox.login.PATIENCE", 0.5)
    running = sandbox_of(project, host_vars)
    os.kill(running.status.pid, signal.SIGSTOP)
    assert sandbox.status(project).state == sandbox.LEFT
    sandbox.down(project, patience=0.5)
    assert is_gone(running.status.pid)


def test_two_at_once_are_refused(project: Path, host_vars: Path) -> None:
    running = sandbox_of(project, host_vars)
    holder = subprocess.Popen(["flock", str(running.location.lock), "sh", "-c", "echo held; cat"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LockHeld):
            sandbox.down(project)
        holder.communicate(b"")
    sandbox.down(project)


@pytest.mark.parametrize(("name", "word"), [("a b", "a space"), ("50%", "'%'"), ("a;b", "';'"), ("{a}", "'{', '}'")])
def test_a_path_that_would_mislead_a_program_is_refused(project: Path, name: str, word: str) -> None:
    (project / name).mkdir()
    with pytest.raises(ConfigurationError) as refusal:
        sandbox.up(project / name, project / "host_vars")
    assert word in refusal.value.cause
    assert ROOT_VARIABLE in refusal.value.hint
    assert not (project / name / ".backline").exists()


def test_a_path_that_is_too_long_is_refused(project: Path) -> None:
    deep = project / ("x" * 80)
    deep.mkdir()
    with pytest.raises(ConfigurationError, match="bytes too long") as refusal:
        sandbox.up(deep, deep / "host_vars")
    assert ROOT_VARIABLE in refusal.value.hint


@pytest.fixture
def other_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("r").resolve() / "root"
    yield root
    stop_processes(root)


def test_another_root_is_remembered(
    project: Path, host_vars: Path, other_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(other_root))
    up = sandbox.up(project, host_vars)
    assert up.root == other_root
    monkeypatch.delenv(ROOT_VARIABLE)
    assert locate(project).root == other_root
    assert sandbox.status(project).pid == up.pid
    monkeypatch.setenv(ROOT_VARIABLE, str(project / ".backline/sandbox"))
    with pytest.raises(Failure, match="another root"):
        sandbox.up(project, host_vars)
    monkeypatch.delenv(ROOT_VARIABLE)
    assert up.pid in {process.pid for process in sandbox.down(project).stopped}


def test_a_root_with_something_else_in_it_is_neither_used_nor_swept(
    project: Path, host_vars: Path, other_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_root.mkdir()
    (other_root / "letter").touch()
    monkeypatch.setenv(ROOT_VARIABLE, str(other_root))
    with subprocess.Popen(["sleep", "300"], cwd=other_root) as somebody:
        with pytest.raises(ConfigurationError, match="something else"):
            sandbox.up(project, host_vars)
        with pytest.raises(ConfigurationError, match="not a sandbox"):
            sandbox.down(project)
        assert somebody.poll() is None
        somebody.kill()


def test_of_the_starters_environment_only_the_network_reaches_commands(
    project: Path, host_vars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.invalid")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.invalid")
    monkeypatch.setenv("DJANGO_SECRET_KEY", "mine")
    answer = sandbox_of(project, host_vars).run('echo "$https_proxy,$PIP_INDEX_URL,$DJANGO_SECRET_KEY,$PYTHONPATH"')
    assert answer.output == b"http://proxy.invalid,https://index.invalid,,\n"
