"""The steps that deal with programs, and what they answer, cross the wire as they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.list_programs import ListPrograms
from backline.agent.steps.move_links import LinkTargets, MoveLinks
from backline.agent.steps.move_program import MoveProgram
from backline.agent.steps.prove_programs import Expected, Proof, ProvePrograms
from backline.agent.steps.reap_programs import Reaped, ReapPrograms
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.start_programs import Started, StartPrograms
from backline.agent.steps.stop_programs import StopPrograms
from backline.resources.actions.restart_program import RestartProgram
from backline.resources.actions.run_command import RunCommand
from backline.resources.actions.signal_program import SignalProgram
from backline.resources.codec import decoded, encoded
from backline.resources.program import Program
from backline.resources.service import Service
from backline.resources.supervisor_rpc import ProcessInfo
from backline.resources.supervisord import OwnSupervisord

PROGRAM = Program("shop-web-r43", ("/srv/run", "gunicorn"), "/srv", "/srv/web.log", environment={"HOME": "/srv"})


@pytest.mark.parametrize(
    "value",
    [
        StartPrograms("/s", "/conf.d", "/python", (PROGRAM,)),
        (Started("shop-web-r43", 7),),
        RemovePrograms("/s", "/conf.d", ("a", "b"), 3.5),
        DrainPrograms("/s", "/conf.d", ("a",)),
        StopPrograms("/s", ("a", "b"), 35.0),
        MoveLinks((("/path/to/app", "/srv/shop/releases/43"),)),
        LinkTargets((("/path/to/app", ""),)),
        ReapPrograms("/s", "/d", "shop", "/apps"),
        Reaped(("a",), ("b",), ()),
        MoveProgram("/s", "/conf.d", "/python", "shop-beat-r42", PROGRAM),
        ProvePrograms("/s", (Expected("a", "/srv/release.json"),), 2.0),
        (Proof("a", 7, "RUNNING", "2024-01-01T00:00:00Z", True, "by its record"),),
        ListPrograms("/s", "shop-"),
        (ProcessInfo("a", "a", "RUNNING", pid=7),),
        replace(PROGRAM, priority=None, start_seconds=None),
        Service(PROGRAM, "/s", "/conf.d", "/python"),
        OwnSupervisord("/supervisord", "/supervisord.conf", "/s"),
        RestartProgram("/s", "nginx"),
        SignalProgram("/s", "nginx", "HUP"),
        RunCommand(("true",), "/", (("A", "b"),)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_comes_back_equal(value: object) -> None:
    assert decoded(json.loads(json.dumps(encoded(value)))) == value
