"""Neither side waits for one that has gone, nor do the two ever wait for each other."""

from __future__ import annotations

import hashlib
import os
import select
import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from backline.agent.bootstrap import start_command
from backline.agent.connection import Connection
from backline.agent.events import Event, Kind
from backline.agent.steps.run_in_release import RunInRelease
from backline.fleet.session import SILENCE, Session
from backline.resources.failure import Interrupted, Unreachable
from backline.transport.local import open_local
from backline.transport.stream import Stream, begin_with
from tests.host.engine.conftest import Connected, open_here
from tests.host.engine.processes import GIVE_UP, eventually, is_alive, noted, shell, waiting

MEGABYTE = 1_000_000
SHORT = 0.5
"""Seconds; a bound of silence for a test, where nothing else makes a sound."""


def output(size: int) -> RunInRelease:
    """A command that writes so many bytes, which come back as events."""
    script = f"head -c {size} /dev/zero | tr '\\0' x"
    return RunInRelease("/bin/sh", ("-c", script), "/", what="a lot")


def told(connected: Connected) -> int:
    return sum(len(event.text) for event in connected.events if event.kind == Kind.OUTPUT)


def test_agent_and_its_command_end_with_the_connection(connected: Connected, tmp_path: Path) -> None:
    connected.session.begin(waiting(tmp_path / "pids"))
    command, agent = noted(tmp_path / "pids")
    connected.session.close()
    eventually(lambda: not is_alive(command) and not is_alive(agent))


def test_agent_that_was_interrupted_while_idle_still_ends_with_the_connection(local: Connected, tmp_path: Path) -> None:
    local.session.perform(shell(f"echo $PPID >{tmp_path}/agent"))
    local.session.interrupt()
    local.session.go_on()
    local.session.close()
    agent = int((tmp_path / "agent").read_text())
    eventually(lambda: not is_alive(agent))


def test_killed_agent_is_noticed_and_told_with_step_and_hint(connected: Connected, tmp_path: Path) -> None:
    connected.session.enter("migrate")
    pending = connected.session.begin(waiting(tmp_path / "pids"))
    command, agent = noted(tmp_path / "pids")
    os.kill(agent, signal.SIGKILL)
    with pytest.raises(Unreachable) as caught:
        pending.result()
    assert (caught.value.host, caught.value.step) == ("web1", "migrate")
    assert "inv status" in caught.value.hint
    assert (
        caught.value.cause.endswith("ended it, as happens where memory runs out") or "was killed" in caught.value.cause
    )
    with pytest.raises(Unreachable):
        connected.session.perform(shell("true"))
    eventually(lambda: not is_alive(command))


@pytest.mark.parametrize("kilobytes", [12_000, 20_000], ids=["to start", "for its threads"])
def test_agent_that_has_no_memory_is_told_as_that(kilobytes: int) -> None:
    def open_poor(command: str, first: bytes) -> Stream:
        return begin_with(open_local(["/bin/sh", "-c", f"ulimit -v {kilobytes}; {command}"]), first)

    with pytest.raises(Unreachable, match="the host had no memory left for it") as caught:
        Connected(open_poor).session.perform(shell("true"))
    assert "give the host more memory, or swap" in caught.value.hint


@contextmanager
def stopped(pid: int) -> Generator[None]:
    """A process that is there and does nothing; killed afterwards."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("upload", [0, 20 * MEGABYTE])
def test_silent_host_is_noticed_even_where_a_write_to_it_blocks(upload: int, tmp_path: Path) -> None:
    connected = Connected(open_here, silence=5.0)
    pending = connected.session.begin(waiting(tmp_path / "pids"))
    _, agent = noted(tmp_path / "pids")
    with stopped(agent):
        connected.session.put_blob("0" * 40, bytes(upload), str(tmp_path), ("film.mp4",))
        with pytest.raises(Unreachable, match="lost"):
            pending.result()


def test_screen_that_takes_nothing_for_a_while_is_no_silence_of_the_host() -> None:
    """As behind a pager, or after Ctrl-S: whoever tells the events is held up for longer than a host may be silent."""
    telling, shown = threading.Event(), threading.Event()

    def hold_up(event: Event) -> None:
        telling.set()
        shown.wait(GIVE_UP)

    session = Session("web1", open_here, partial(start_command, "python3"), hold_up)
    running = session.begin(output(10 * MEGABYTE))
    assert telling.wait(GIVE_UP)
    session._silence = 0.0  # it is over at once, instead of in a quarter of a minute
    watching = threading.Thread(target=session._watch_silence)
    watching.start()
    watching.join(SHORT)  # had it taken the host for lost, it would have hung up, and ended
    session._silence = SILENCE
    shown.set()
    running.result()
    session.close()
    watching.join(GIVE_UP)


@contextmanager
def agents_end(silence: float) -> Generator[tuple[Connection, socket.socket]]:
    """The agent's end of a line whose other end is in our hands."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(theirs.fileno(), theirs.fileno(), silence=silence)
        connection.start()
        yield connection, ours
        ours.shutdown(socket.SHUT_RDWR)
        eventually(lambda: connection.gone)


def test_silent_controller_is_noticed_and_wakes_whoever_waits() -> None:
    with agents_end(SHORT) as (connection, _):
        assert select.select([connection.wake], [], [], GIVE_UP)[0]
        assert connection.gone
        assert connection.next() is None


def test_controller_that_stopped_reading_does_not_hold_the_agent() -> None:
    with agents_end(SHORT) as (connection, _):
        sender = threading.Thread(target=connection.send, args=({"m": "event", "text": os.urandom(MEGABYTE).hex()},))
        sender.start()
        sender.join(GIVE_UP)
        assert not sender.is_alive()
        assert connection.gone


def test_fifty_megabytes_of_output_come_through(connected: Connected) -> None:
    connected.session.perform(output(50 * MEGABYTE))
    assert told(connected) == 50 * MEGABYTE


def test_upload_goes_through_while_events_come_back(connected: Connected, tmp_path: Path) -> None:
    content = os.urandom(20 * MEGABYTE)
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    pending = connected.session.begin(output(20 * MEGABYTE))
    connected.session.put_blob(blob, content, str(tmp_path), ("manage.py",))
    connected.session.perform(shell("true"))
    pending.result()
    assert told(connected) == 20 * MEGABYTE
    assert (tmp_path / blob).read_bytes() == content


def test_interrupt_stops_what_was_asked_for_and_leaves_the_session_usable(connected: Connected, tmp_path: Path) -> None:
    session = connected.session
    running = session.begin(waiting(tmp_path / "pids"))
    behind = session.begin(shell(f"touch {tmp_path}/behind"))
    command, _ = noted(tmp_path / "pids")
    session.interrupt()
    for one in (running, behind):
        with pytest.raises(Interrupted):
            one.result()
    with pytest.raises(Interrupted):
        session.perform(shell(f"touch {tmp_path}/refused"))
    session.go_on()
    session.perform(shell(f"touch {tmp_path}/after"))
    assert not is_alive(command)
    assert sorted(os.listdir(tmp_path)) == ["after", "pids"]


def test_interrupt_that_comes_too_late_stops_nothing_else(local: Connected, tmp_path: Path) -> None:
    local.session.perform(shell("true"))
    local.session.interrupt()
    local.session.go_on()
    local.session.perform(shell(f"touch {tmp_path}/done"))
    assert (tmp_path / "done").exists()
