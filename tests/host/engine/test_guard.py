"""The guard on this machine: it undoes or finishes whatever becomes of its agent, and writes it down before."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backline.agent.guard import Guard
from backline.agent.guard_orders import LastWords, NoteUndo
from backline.agent.loader import ShippedModules
from backline.agent.steps.guarded import (
    Commit,
    EndGuard,
    Finish,
    Guarded,
    Revert,
    StartGuard,
    Switch,
    TakeSwitchBack,
)
from backline.agent.steps.take_lock import TakeLock
from backline.fleet.session import Session
from backline.fleet.target import expected
from backline.resources.actions.run_command import RunCommand
from backline.resources.failure import Failure
from backline.resources.ledger import LedgerEntry
from tests.host.engine.conftest import Connected
from tests.host.engine.processes import eventually, shell

UNDONE = LedgerEntry("now", "somebody", "inv deploy", "r2", None, "failed", "undone by the guard", 1.0)
FINISHED = replace(UNDONE, status="deployed", error="finished by the guard")


class Watched:
    """A session whose agent has a guard, and a folder in which both leave traces."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.folder = folder
        self.state = folder / "state"
        session.perform(TakeLock(str(self.state), "somebody", "a test", "now"))
        session.perform(shell(f"echo $PPID >{folder}/agent"))
        session.perform(StartGuard(str(self.state), LastWords(str(self.state / "ledger.jsonl"), UNDONE, FINISHED)))

    def says(self, word: str) -> RunCommand:
        return shell(f"echo {word} >>{self.folder}/said")

    def do(self, word: str, undo: RunCommand | None = None) -> None:
        self.session.perform(Guarded(self.says(word), undo=undo or self.says(f"not-{word}")))

    @property
    def said(self) -> list[str]:
        path = self.folder / "said"
        return path.read_text().split() if path.exists() else []

    def switch(self, *links: tuple[str, str], finish: tuple[str, ...] = (), live: str = "live.json") -> None:
        owed = tuple((word, self.says(word)) for word in finish)
        placed = tuple((str(self.folder / name), target) for name, target in links)
        self.session.perform(Switch(placed, str(self.folder / live), "the new", owed))

    def journal(self, name: str = "journal") -> list[str]:
        return [json.loads(line)["entry"] for line in (self.state / name).read_text().splitlines()]

    def left(self) -> bool:
        """The guard has gone: nobody holds the lock."""
        with (self.state / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def ledger(self) -> list[str]:
        """How each run ended, by what the guard wrote."""
        path = self.state / "ledger.jsonl"
        return [LedgerEntry.from_line(line).told for line in path.read_text().splitlines()] if path.exists() else []

    def close(self) -> None:
        self.session.close()

    def kill(self) -> None:
        os.kill(int((self.folder / "agent").read_text()), signal.SIGKILL)


@pytest.fixture
def watched(local: Connected, tmp_path: Path) -> Watched:
    return Watched(local.session, tmp_path)


@pytest.mark.parametrize("leave", [Watched.close, Watched.kill])
def test_undoes_in_reverse_order_when_its_agent_goes(watched: Watched, leave: Callable[[Watched], None]) -> None:
    watched.do("one")
    watched.do("two")
    leave(watched)
    eventually(watched.left)
    assert watched.said == ["one", "two", "not-two", "not-one"]
    assert not (watched.state / "journal").exists()
    assert watched.journal("journal.last") == ["opened", "undo", "undo"]
    assert watched.ledger() == ["failed: undone by the guard"]


@pytest.mark.parametrize("leave", [Watched.close, Watched.kill])
def test_finishes_what_is_owed_after_the_switch(watched: Watched, leave: Callable[[Watched], None]) -> None:
    watched.do("one")
    watched.switch(("current", "releases/2"), finish=("drain", "move"))
    watched.session.perform(Commit())
    watched.session.perform(Finish("drain", watched.says("drain")))
    leave(watched)
    eventually(watched.left)
    assert watched.said == ["one", "drain", "move"]
    assert os.readlink(watched.folder / "current") == "releases/2"
    assert watched.journal("journal.last") == ["opened", "undo", "switching", "switched", "committed", "finished"]
    assert watched.ledger() == ["deployed: finished by the guard"]


@pytest.mark.parametrize("leave", [Watched.close, Watched.kill])
def test_a_switch_that_is_not_committed_goes_back_when_its_agent_goes(
    watched: Watched, leave: Callable[[Watched], None]
) -> None:
    """Nobody can have told another host that all have switched: had they, this one would know it or be told next."""
    (watched.folder / "web.sock").symlink_to("web-r1.sock")
    (watched.folder / "live.json").write_text("the old")
    watched.do("one")
    watched.switch(("web.sock", "web-r2.sock"), ("static", "of 2"), finish=("drain",))
    assert (watched.folder / "live.json").read_text() == "the new"
    leave(watched)
    eventually(watched.left)
    assert os.readlink(watched.folder / "web.sock") == "web-r1.sock"
    assert not os.path.lexists(watched.folder / "static")
    assert (watched.folder / "live.json").read_text() == "the old"
    assert watched.said == ["one", "not-one"]
    assert watched.journal("journal.last") == ["opened", "undo", "switching", "switched", "switched back"]
    assert watched.ledger() == ["failed: undone by the guard"]


def test_a_switch_that_is_taken_back_leaves_the_rest_to_be_undone(watched: Watched) -> None:
    watched.do("one")
    watched.switch(("current", "releases/2"), finish=("drain",))
    assert watched.session.perform(TakeSwitchBack()) == ()
    assert not os.path.lexists(watched.folder / "current")
    assert not (watched.folder / "live.json").exists()
    assert watched.said == ["one"]
    assert watched.session.perform(TakeSwitchBack()) == ()
    assert watched.session.perform(Revert()) == ()
    watched.session.perform(EndGuard())
    assert watched.said == ["one", "not-one"]


def test_nothing_is_ended_as_long_as_the_switch_cannot_be_taken_back(watched: Watched) -> None:
    """Nobody knows which generation is asked then, so both run; the journal says what is owed, and the ledger why."""
    (watched.folder / "web.sock").symlink_to("web-r1.sock")
    watched.do("one")
    watched.switch(("web.sock", "web-r2.sock"), finish=("drain",))
    (watched.folder / "web.sock").unlink()
    (watched.folder / "web.sock").mkdir()
    (note,) = expected(watched.session.perform(TakeSwitchBack()), tuple)
    assert "web.sock could not be put back" in note
    assert "both generations go on running" in note
    assert len(expected(watched.session.perform(Revert()), tuple)) == 1
    watched.close()
    eventually(watched.left)
    assert watched.said == ["one"]
    assert watched.journal() == ["opened", "undo", "switching", "switched"]
    assert "could not be taken back: both generations go on running" in watched.ledger()[0]


def test_the_switch_is_taken_back_when_what_was_in_the_way_has_gone(watched: Watched) -> None:
    (watched.folder / "web.sock").symlink_to("web-r1.sock")
    watched.do("one")
    watched.switch(("web.sock", "web-r2.sock"))
    (watched.folder / "web.sock").unlink()
    (watched.folder / "web.sock").mkdir()
    assert watched.session.perform(TakeSwitchBack()) != ()
    (watched.folder / "web.sock").rmdir()
    assert watched.session.perform(Revert()) == ()
    watched.session.perform(EndGuard())
    assert os.readlink(watched.folder / "web.sock") == "web-r1.sock"
    assert watched.said == ["one", "not-one"]
    assert not (watched.state / "journal").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for few files."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=40", "none", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place: Path) -> None:
    for number in range(1000):
        try:
            (place / f"filling-{number}").touch()
        except OSError:
            return
    raise AssertionError("it has room for a thousand files")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_disk_that_is_full_by_then_keeps_nothing_from_going_back(watched: Watched, small_disk: Path) -> None:
    (small_disk / "web.sock").symlink_to("web-r1.sock")
    (small_disk / "live.json").write_text("the old")
    watched.do("one")
    watched.switch(("small/web.sock", "web-r2.sock"), ("small/static", "of 2"), live="small/live.json")
    assert (small_disk / "live.json").read_text() == "the new"
    fill(small_disk)
    watched.close()
    eventually(watched.left)
    assert os.readlink(small_disk / "web.sock") == "web-r1.sock"
    assert (small_disk / "live.json").read_text() == "the old"
    assert watched.said == ["one", "not-one"]
    assert not [path for path in small_disk.iterdir() if not path.name.startswith(("filling", "web", "live"))]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_nothing_moves_where_the_disk_is_full_already(watched: Watched, small_disk: Path) -> None:
    (small_disk / "web.sock").symlink_to("web-r1.sock")
    watched.do("one")
    fill(small_disk)
    with pytest.raises(Failure, match="No space left"):
        watched.switch(("small/web.sock", "web-r2.sock"), live="small/live.json")
    watched.close()
    eventually(watched.left)
    assert os.readlink(small_disk / "web.sock") == "web-r1.sock"
    assert watched.said == ["one", "not-one"]


def test_what_was_committed_is_not_taken_back(watched: Watched) -> None:
    watched.do("one")
    watched.switch(("current", "releases/2"), finish=("drain",))
    watched.session.perform(Commit())
    assert watched.session.perform(TakeSwitchBack()) == ()
    assert watched.session.perform(Revert()) == ()
    assert os.readlink(watched.folder / "current") == "releases/2"
    watched.close()
    eventually(watched.left)
    assert watched.said == ["one", "drain"]


def test_nothing_is_committed_that_was_not_switched(watched: Watched) -> None:
    with pytest.raises(Failure, match="nothing was switched"):
        watched.session.perform(Commit())


@pytest.mark.parametrize("in_the_way", ["current", "live.json"])
def test_switch_that_is_impossible_in_one_place_happens_in_none(watched: Watched, in_the_way: str) -> None:
    (watched.folder / "web.sock").symlink_to("web-r1.sock")
    (watched.folder / in_the_way).mkdir()
    watched.do("one")
    with pytest.raises(Failure, match=in_the_way):
        watched.switch(("web.sock", "web-r2.sock"), ("static", "new"), ("current", "releases/2"), finish=("drain",))
    assert os.readlink(watched.folder / "web.sock") == "web-r1.sock"
    assert not os.path.lexists(watched.folder / "static")
    assert not (watched.folder / "live.json").is_file()
    watched.close()
    eventually(watched.left)
    assert watched.said == ["one", "not-one"]


def test_undo_that_fails_is_told_keeps_the_journal_and_stops_no_other(watched: Watched) -> None:
    watched.do("one")
    watched.do("two", undo=shell("echo no way; exit 3"))
    watched.do("three")
    notes = watched.session.perform(Revert())
    assert isinstance(notes, tuple)
    assert len(notes) == 1
    assert "exit code 3" in notes[0]
    watched.session.perform(EndGuard())
    assert watched.said == ["one", "two", "three", "not-three", "not-one"]
    assert watched.journal() == ["opened", "undo", "undo", "undo"]
    assert watched.ledger() == [], "who ends in order writes the ledger"


def test_what_was_undone_by_order_is_not_undone_again(watched: Watched) -> None:
    watched.do("one")
    watched.session.perform(Revert())
    watched.close()
    eventually(watched.left)
    assert watched.said == ["one", "not-one"]
    assert not (watched.state / "journal").exists()


def test_the_journal_knows_before_it_is_done(watched: Watched) -> None:
    copy = shell(f"cp {watched.state}/journal {watched.folder}/copy")
    watched.session.perform(Guarded(copy, undo=watched.says("not-copied")))
    last = json.loads((watched.folder / "copy").read_text().splitlines()[-1])
    assert last["entry"] == "undo"
    assert "not-copied" in json.dumps(last["action"])


def test_order_that_was_cut_off_in_the_middle_keeps_nothing_from_being_undone(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    guard = Guard.start(str(tmp_path), lock, ShippedModules({}))
    guard.order(NoteUndo(shell(f"echo undone >{tmp_path}/said")))
    guard._line.sendall(b'{"modules": {}, "order": {"$": "backline.agent.guard_orders:RevertN')
    guard.leave()
    os.waitpid(guard._pid, 0)
    os.close(lock)
    assert (tmp_path / "said").read_text() == "undone\n"
    assert not (tmp_path / "journal").exists()
