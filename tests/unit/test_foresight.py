"""Check mode, kind by kind: what is foreseen where converging or performing would run what cannot be foretold."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backline.agent.events import Kind
from backline.agent.journal import owed_by
from backline.agent.machine import Machine
from backline.agent.overlay import Overlay
from backline.agent.steps.adopt_release import AdoptRelease
from backline.agent.steps.apply import Applied, Apply
from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.guarded import Finish, Guarded, Switch
from backline.agent.steps.migrate import Migrate, foreseen_migrations
from backline.agent.steps.move_program import MoveProgram
from backline.agent.steps.pending_migrations import KnownMigrations
from backline.agent.steps.prove_programs import Expected, ProvePrograms
from backline.agent.steps.prune import Prune
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.run_in_release import RunInRelease
from backline.agent.steps.start_programs import StartPrograms
from backline.agent.steps.take_lock import TakeLock
from backline.resources.actions.run_command import RunCommand
from backline.resources.blobs import MANIFEST, TreeFile
from backline.resources.directory import Directory
from backline.resources.failure import Conflict, Failure
from backline.resources.file import File
from backline.resources.plan import Entry, Handler, Plan
from backline.resources.program import Program
from backline.resources.resource import Difference, Host, Resource
from backline.resources.script_interpreter import ScriptInterpreter
from backline.resources.service import Service
from backline.resources.supervisor_file import rendered, says_the_same
from backline.resources.tool import Tool
from backline.resources.tree import Tree
from backline.resources.virtualenv import Virtualenv
from tests.host.applying import QuietLine


class Looking:
    """An overlay of this machine, and what was told through it."""

    def __init__(self, line: QuietLine) -> None:
        self.line = line
        self.overlay = Overlay(Machine(line))

    @property
    def foretold(self) -> list[tuple[str, str]]:
        """(what would be done, to what)"""
        return [(event.status, event.subject) for event in self.line.events if event.kind == Kind.FORESEEN]

    @property
    def warnings(self) -> list[str]:
        return [event.text for event in self.line.events if event.kind == Kind.WARNING]

    def differences(self, resource: Resource) -> list[str]:
        return [difference.attribute for difference in resource.differences(self.overlay)]


@pytest.fixture
def looking() -> Iterator[Looking]:
    with QuietLine() as line:
        yield Looking(line)


def program(name: str, folder: Path) -> Program:
    return Program(name, ("/bin/sleep", "9"), str(folder), f"{folder}/{name}.log")


# resources


@dataclass(frozen=True)
class Compiled(Resource):
    """A kind of somebody's own: it removes the old, and has a command make the new."""

    path: str

    @property
    def subject(self) -> str:
        return self.path

    def provides(self) -> tuple[str, ...]:
        return (f"program:{self.path}",)

    def differences(self, host: Host) -> Iterator[Difference]:
        yield Difference("age", "old", "new")

    def converge(self, host: Host) -> None:
        host.remove(self.path)
        host.run(["cc", self.path])


def test_what_a_command_makes_is_as_it_was_and_promised(looking: Looking, tmp_path: Path) -> None:
    path = tmp_path / "made"
    path.write_text("old")
    plan = Plan((Entry(Compiled(str(path))), Entry(File(f"{path}.beside", "x"))))
    assert Apply(plan).foresee(looking.overlay) == Applied(changed=2)
    assert looking.foretold == [("would-run", str(path))]
    assert looking.overlay.read(str(path)) == b"old"
    assert looking.overlay.promises(f"program:{path}")
    assert not Machine(looking.line).promises(f"program:{path}")


def test_a_handler_that_is_owed_is_foretold_and_stays_owed(looking: Looking, tmp_path: Path) -> None:
    owed, ran = tmp_path / "owed.json", tmp_path / "ran"
    owed.write_text(json.dumps({"format": 1, "owed": ["reload"]}))
    entry = Entry(Directory(str(tmp_path), os.stat(tmp_path).st_mode & 0o7777), (reload_of(ran),), "nginx")
    assert Apply(Plan((entry,)), str(owed)).foresee(looking.overlay) == Applied(0, 1, ("reload",))
    (event,) = looking.line.events
    assert (event.kind, event.status, event.subject, event.text) == (
        *(Kind.HANDLER, "would-run", "reload"),
        "this interrupts the live site",
    )
    assert not ran.exists()
    assert json.loads(owed.read_text())["owed"] == ["reload"]


def reload_of(ran: Path) -> Handler:
    return Handler("reload", RunCommand(("/bin/touch", str(ran))), interrupts=True)


def test_a_conflict_is_met_before_anything_is_done(looking: Looking, tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(Conflict):
        Apply(Plan((Entry(File(str(tmp_path / "file"), "x")),))).foresee(looking.overlay)


def test_a_virtualenv_that_would_be_built_is_whole_for_who_comes_later(looking: Looking, tmp_path: Path) -> None:
    virtualenv = Virtualenv(f"{tmp_path}/venv", sys.executable, "django==5.2\n")
    assert looking.differences(virtualenv) == ["exists"]
    virtualenv.foresee(looking.overlay)
    assert looking.differences(virtualenv) == []
    assert looking.foretold == [("would-build", f"{tmp_path}/venv")]
    assert os.listdir(tmp_path) == []


def test_a_virtualenv_without_its_python_is_refused_when_asked_too(looking: Looking, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="there is no python2.3 on this host"):
        Virtualenv(f"{tmp_path}/venv", "python2.3", "").foresee(looking.overlay)


def test_a_tool_that_a_wheel_brings_can_be_asked_for_its_python(looking: Looking, tmp_path: Path) -> None:
    tool = Tool(f"{tmp_path}/tools/supervisord", (), "supervisor==4.3.0\n", "bin/supervisord", sys.executable)
    python = ScriptInterpreter(f"{tmp_path}/tools/supervisor-python", tool.path)
    plan = Plan(tuple(Entry(one) for one in (Directory(f"{tmp_path}/tools"), tool, python)))
    assert Apply(plan).foresee(looking.overlay) == Applied(changed=3)
    assert looking.overlay.read(python.path).endswith(f"'{tmp_path}/tools-supervisord/bin/python' \"$@\"\n".encode())
    assert looking.overlay.find_program(tool.path) == tool.path
    assert os.listdir(tmp_path) == []


def test_a_tool_on_the_path_is_only_linked(looking: Looking, tmp_path: Path) -> None:
    tool = Tool(f"{tmp_path}/shell", ("no-such-program", "sh"), "", "bin/sh")
    tool.foresee(looking.overlay)
    assert looking.differences(tool) == []
    assert looking.foretold == []


def test_a_release_shows_its_folders_and_its_manifest(looking: Looking, tmp_path: Path) -> None:
    file = TreeFile("shop/deep/models.py", "0" * 40, "100644")
    Tree(f"{tmp_path}/43", (file,), str(tmp_path), f"{tmp_path}/incoming").foresee(looking.overlay)
    assert looking.overlay.names(f"{tmp_path}/43") == (".backline", "shop")
    assert looking.overlay.read(f"{tmp_path}/43/{MANIFEST}").endswith(b'"shop/deep/models.py"\n')
    assert os.listdir(tmp_path) == []


# Supervisor, where it does not run or refuses


def test_a_service_is_started_by_the_supervisord_that_would_be(looking: Looking, tmp_path: Path) -> None:
    service = Service(program("nginx", tmp_path), f"{tmp_path}/sock", str(tmp_path), sys.executable)
    Path(service.path).write_text(rendered(service.program))
    assert looking.differences(service) == ["state"]
    looking.overlay.promise(f"path:{tmp_path}/sock")
    assert looking.differences(service) == []
    Path(service.path).unlink()
    assert looking.differences(service) == ["content", "state"]


def test_a_refusal_for_what_would_be_mended_is_none(looking: Looking, tmp_path: Path) -> None:
    said = f"CANT_REREAD: The directory named as part of the path {tmp_path}/logs/web.log does not exist"
    assert not looking.overlay.would_mend(said)
    looking.overlay.imagine(Directory(str(tmp_path), mode=0o700))
    assert not looking.overlay.would_mend(said)  # it is there: that its mode changes mends nothing
    looking.overlay.imagine(Directory(f"{tmp_path}/logs"))
    assert looking.overlay.would_mend(said)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("; a comment\n", True),
        ("# a comment\n", True),
        ("\n\n", True),
        ("priority = 999 ; as ever\n", True),
        ("priority=7\n", False),
        ("[program:other]\ncommand=/bin/true\n", False),
        ("nonsense\n", False),
    ],
)
def test_a_program_is_another_by_what_its_file_says(tmp_path: Path, change: str, same: bool) -> None:
    text = rendered(program("nginx", tmp_path))
    assert says_the_same(text, text + change) is same


# the runbook's actions


def test_programs_that_would_be_started_are_taken_for_proved(looking: Looking, tmp_path: Path) -> None:
    socket, include = f"{tmp_path}/sock", str(tmp_path)
    start = StartPrograms(socket, include, sys.executable, (program("web-r2", tmp_path),))
    move = MoveProgram(socket, include, sys.executable, "beat-r1", program("beat-r2", tmp_path))
    for action in (Guarded(start, RemovePrograms(socket, include, ("web-r2",))), Finish("move beat", move)):
        action.foresee(looking.overlay)
    expected = tuple(Expected(name, f"{tmp_path}/release.json") for name in ("web-r2", "beat-r2", "mail-r1"))
    proofs = ProvePrograms(socket, expected).foresee(looking.overlay)
    assert {proof.program: proof.proved for proof in proofs} == {"web-r2": True, "beat-r2": True, "mail-r1": False}
    assert looking.foretold == [("would-start", "web-r2"), ("would-stop", "beat-r1"), ("would-start", "beat-r2")]
    looking.overlay.promise(f"path:{socket}")
    assert all(proof.proved for proof in ProvePrograms(socket, expected).foresee(looking.overlay))
    assert os.listdir(tmp_path) == []


def test_programs_that_would_end_lose_their_files(looking: Looking, tmp_path: Path) -> None:
    for name in ("web-r1", "mail-r1"):
        (tmp_path / f"{name}.conf").touch()
    DrainPrograms("/no/socket", str(tmp_path), ("mail-r1",)).foresee(looking.overlay)
    RemovePrograms("/no/socket", str(tmp_path), ("web-r1",)).foresee(looking.overlay)
    assert looking.foretold == [("would-drain", "mail-r1"), ("would-stop", "web-r1")]
    assert looking.overlay.names(str(tmp_path)) == ()
    assert len(os.listdir(tmp_path)) == 2


def test_what_would_be_pruned_depends_on_what_would_be_live(looking: Looking, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"releases/{number}").mkdir(parents=True)
        (tmp_path / f"releases/{number}/.venv").symlink_to(f"../../venvs/of-{number}")
        (tmp_path / f"venvs/of-{number}").mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/1")
    (tmp_path / ".backline").mkdir()
    live = f"{tmp_path}/.backline/live.json"
    text = json.dumps({"format": 1, "release": 2, "programs": []})
    Switch(((f"{tmp_path}/current", "releases/2"),), live, text, ()).foresee(looking.overlay)
    pruned = Prune(str(tmp_path), keep=()).foresee(looking.overlay)
    assert (pruned.releases, pruned.virtualenvs) == ((1,), ("of-1",))
    assert looking.foretold[1:] == [("would-remove", "r1"), ("would-remove", "of-1")]
    assert sorted(os.listdir(tmp_path / "releases")) == ["1", "2"]


def test_an_adopted_release_shows_what_its_origin_has(looking: Looking, tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1/manage.py").write_text("x")
    looking.overlay.write(f"{tmp_path}/1/settings.py", b"y", mode=0o644)
    adopt = AdoptRelease(f"{tmp_path}/1", f"{tmp_path}/2")
    adopt.foresee(looking.overlay)
    assert looking.overlay.names(f"{tmp_path}/2") == ("manage.py", "settings.py")
    assert looking.overlay.read(f"{tmp_path}/2/manage.py") == b"x"
    looking.overlay.remove(f"{tmp_path}/2/manage.py")
    assert looking.overlay.names(f"{tmp_path}/1") == ("manage.py", "settings.py")
    with pytest.raises(Failure, match="is there already"):
        adopt.foresee(looking.overlay)
    assert os.listdir(tmp_path) == ["1"]


def test_a_journal_tells_what_is_owed_before_and_after_the_switch() -> None:
    undo: dict[str, object] = {"entry": "undo", "action": {"$": "backline.agent.steps.drain_programs:DrainPrograms"}}
    switch: dict[str, object] = {"entry": "switching", "finish": [["stop old web", {}], ["move beat", {}]]}
    entries: list[dict[str, object]] = [{"entry": "opened"}, undo, switch]
    assert owed_by(lines(entries)) == ("undo by DrainPrograms",)
    done: list[dict[str, object]] = [*entries, {"entry": "committed"}, {"entry": "finished", "name": "stop old web"}]
    assert owed_by(lines(done) + '{"entry": "fini') == ("move beat",)


def lines(entries: list[dict[str, object]]) -> str:
    return "".join(f"{json.dumps(entry)}\n" for entry in entries)


def test_asking_takes_no_lock_and_makes_no_folder(looking: Looking, tmp_path: Path) -> None:
    TakeLock(f"{tmp_path}/shop/.backline", "anna", "inv deploy", "10:00").foresee(looking.overlay)
    found = looking.overlay.status(f"{tmp_path}/shop/.backline")
    assert found is not None
    assert found.mode == 0o700
    assert looking.warnings == []
    assert os.listdir(tmp_path) == []


# migrations

KNOWN = KnownMigrations(
    applied=("auth.0001_initial", "shop.0001_initial", "stock.0001_initial"),
    pending=("auth.0002_more", "shop.0002_gone", "shop.0003_left"),
    folders={"shop": "shop/migrations", "stock": "warehouse/changes"},
)


def test_migrations_are_those_of_the_tree_that_the_database_has_not() -> None:
    paths = (
        "shop/migrations/__init__.py",
        "shop/migrations/0001_initial.py",
        "shop/migrations/0003_left.py",
        "shop/migrations/0004_new.py",
        "shop/migrations/README",
        "warehouse/changes/0002_by_its_label.py",
        "news/migrations/0001_of_a_new_app.py",
        "shop/0005_elsewhere.py",
    )
    assert foreseen_migrations(KNOWN, paths) == (
        *("auth.0002_more", "news.0001_of_a_new_app"),
        *("shop.0003_left", "shop.0004_new", "stock.0002_by_its_label"),
    )


def test_where_nothing_is_live_the_projects_own_migrations_are_named(looking: Looking, tmp_path: Path) -> None:
    file = TreeFile("shop/migrations/0001_initial.py", "0" * 40, "100644")
    Tree(f"{tmp_path}/1", (file,), str(tmp_path), f"{tmp_path}/incoming").foresee(looking.overlay)
    run = RunInRelease(f"{tmp_path}/1/.backline/run", ("python", "manage.py", "migrate"), f"{tmp_path}/1", "migrate")
    Migrate(run).foresee(looking.overlay)
    assert looking.foretold == [("would-migrate", "shop.0001_initial")]
    (warning,) = looking.warnings
    assert "no release is live that could be asked" in warning
