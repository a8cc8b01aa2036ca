"""A plan over a real wire: what it costs, what it tells, and what a handler owes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from backline.agent.events import Kind, Outcome
from backline.agent.steps.apply import Applied, Apply
from backline.agent.steps.foresee import Foresee
from backline.fleet.session import Session
from backline.resources.actions.run_command import RunCommand
from backline.resources.directory import Directory
from backline.resources.failure import Failure, Unreachable
from backline.resources.file import File
from backline.resources.plan import Entry, Handler, Plan
from backline.resources.secret import MASK, Secret
from tests.host.engine.conftest import Connected, open_here
from tests.host.engine.processes import eventually, shell


def sixty(root: Path) -> Plan:
    directories = [Directory(str(root / f"d{number}")) for number in range(10)]
    files = [File(str(root / f"d{number % 10}" / f"f{number}"), f"content {number}\n") for number in range(50)]
    return Plan(tuple(Entry(resource) for resource in [*directories, *files]))


def test_sixty_unchanged_resources_cost_one_channel_and_one_round_trip(connected: Connected, tmp_path: Path) -> None:
    connected.session.perform(Apply(sixty(tmp_path)))
    before = connected.wire.round_trips()
    assert connected.session.perform(Apply(sixty(tmp_path))) == Applied(changed=0, unchanged=60)
    assert connected.wire.round_trips() - before == 1
    assert connected.opened == 1


def test_the_agents_own_count_of_round_trips_is_that_of_the_wire(connected: Connected, tmp_path: Path) -> None:
    for _ in range(3):
        connected.session.perform(Apply(sixty(tmp_path)))
    assert connected.session.traffic.round_trips == connected.wire.round_trips() == 3


def test_requests_sent_ahead_cost_one_round_trip_together(local: Connected, tmp_path: Path) -> None:
    pending = [local.session.begin(Apply(sixty(tmp_path))) for _ in range(4)]
    for one in pending:
        one.result()
    assert local.session.traffic.round_trips == 1


def test_what_is_sent_ahead_is_not_sent_again(local: Connected, tmp_path: Path) -> None:
    plain = local.session
    ahead = Connected(open_here, ahead=frozenset(kind.__module__ for kind in (Apply, Directory, File))).session
    try:
        sent_late, sent_early = (bytes_for(session, Apply(sixty(tmp_path))) for session in (plain, ahead))
        assert ahead.perform(RunCommand(("/bin/true",))) is None  # of a kind that was not foreseen
    finally:
        ahead.close()
    assert sent_early < 1500 < 3000 < sent_late


def bytes_for(session: Session, action: Apply) -> int:
    before = session.traffic.bytes_out
    assert isinstance(session.perform(action), Applied)
    return session.traffic.bytes_out - before


def test_a_request_after_one_that_failed_is_not_done(local: Connected, tmp_path: Path) -> None:
    broken = local.session.begin(Apply(plan(File(str(tmp_path / "missing" / "f"), "x"))))
    file = tmp_path / "f"
    behind = local.session.begin(Apply(plan(File(str(file), "x"))), after=broken)
    for one in (broken, behind):
        with pytest.raises(Failure):
            one.result()
    assert not file.exists()


def test_checking_tells_what_would_change_and_changes_nothing(connected: Connected, tmp_path: Path) -> None:
    deep = plan(Directory(str(tmp_path / "d")), File(str(tmp_path / "d" / "f"), "x"))
    assert connected.session.perform(Foresee(Apply(deep))) == Applied(changed=2)
    assert [event.status for event in connected.events] == [Outcome.WOULD_CHANGE, Outcome.WOULD_CHANGE]
    assert list(tmp_path.iterdir()) == []


def test_a_change_is_told_with_its_differences_and_without_its_secrets(local: Connected, tmp_path: Path) -> None:
    local.session.perform(Apply(plan(File(str(tmp_path / "f"), "old"), File(str(tmp_path / "g"), Secret("swordfish")))))
    local.session.perform(Apply(plan(File(str(tmp_path / "g"), Secret("marlin")))))
    told = repr(local.events)
    assert "swordfish" not in told
    assert "marlin" not in told
    assert MASK in told
    assert (tmp_path / "g").read_text() == "marlin"


def test_a_handler_runs_once_and_only_for_a_change(local: Connected, tmp_path: Path) -> None:
    file, ran = tmp_path / "f", tmp_path / "ran"
    count = Handler("count", RunCommand(("/bin/sh", "-c", f"echo x >> {ran}"), directory="/"))
    notifying = Plan(tuple(Entry(File(str(tmp_path / name), "1"), (count,), "nginx") for name in ("f", "g")))
    assert local.session.perform(Apply(notifying)) == Applied(2, 0, ("count",))
    assert local.session.perform(Apply(notifying)) == Applied(0, 2, ())
    assert ran.read_text() == "x\n"
    assert file.read_text() == "1"


def test_a_handler_that_a_dead_run_owes_is_run_by_the_next(local: Connected, tmp_path: Path) -> None:
    owed, ran = tmp_path / "owed.json", tmp_path / "ran"
    fails = Handler("restart", RunCommand(("/bin/false",), directory="/"))
    works = Handler("restart", RunCommand(("/bin/sh", "-c", f"echo x >> {ran}"), directory="/"))
    file = File(str(tmp_path / "f"), "1")
    with pytest.raises(Failure):
        local.session.perform(Apply(Plan((Entry(file, (fails,)),)), str(owed)))
    assert json.loads(owed.read_text())["owed"] == ["restart"]
    assert local.session.perform(Apply(Plan((Entry(file, (works,)),)), str(owed))) == Applied(0, 1, ("restart",))
    assert ran.read_text() == "x\n"
    assert json.loads(owed.read_text())["owed"] == []


def test_what_a_run_owed_that_was_killed_is_done_by_the_next_which_changes_nothing(tmp_path: Path) -> None:
    owed, ran, began = (tmp_path / name for name in ("owed.json", "ran", "began"))
    file = File(str(tmp_path / "f"), "x")
    hangs = Handler("restart", shell(f"echo $PPID >{began}; sleep 600"))
    works = Handler("restart", shell(f"echo ran >>{ran}"))
    first = Connected(open_here)
    pending = first.session.begin(Apply(Plan((Entry(file, (hangs,)),)), str(owed)))
    eventually(lambda: began.exists() and began.read_text().endswith("\n"))
    os.kill(int(began.read_text()), signal.SIGKILL)
    with pytest.raises(Unreachable):
        pending.result()
    for handlers in (("restart",), ()):
        second = Connected(open_here)
        applied = second.session.perform(Apply(Plan((Entry(file, (works,)),)), str(owed)))
        second.session.close()
        assert applied == Applied(0, 1, handlers)
    assert ran.read_text() == "ran\n"


def test_what_does_not_converge_is_a_failure_that_names_it(local: Connected, tmp_path: Path) -> None:
    validated = File(str(tmp_path / "f"), "x", validate=("/bin/false", "{}"))
    with pytest.raises(Failure) as caught:
        local.session.perform(Apply(plan(validated)))
    assert caught.value.host == "web1"
    assert str(tmp_path / "f") in caught.value.step + caught.value.cause
    assert not (tmp_path / "f").exists()
    assert [event.status for event in local.events if event.kind == Kind.RESOURCE] == [Outcome.FAILED]


def plan(*resources: File | Directory) -> Plan:
    return Plan(tuple(Entry(resource) for resource in resources))
