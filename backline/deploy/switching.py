"""The commit point, and what is owed from then on."""

from __future__ import annotations

import os
from collections.abc import Iterator

from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.guarded import Commit, Finish
from backline.agent.steps.move_program import MoveProgram
from backline.agent.steps.pause import Pause
from backline.agent.steps.remove_programs import RemovePrograms
from backline.deploy.draft import Change, Draft
from backline.deploy.overlap import programs_of
from backline.fleet.target import Target
from backline.resources.process import BEAT, WEB, WORKERS
from backline.resources.records import LiveRecord
from backline.resources.resource import Action

SETTLE = 0.5
"""Seconds between the move of the socket's link and the stop of the old web: connections that nginx had begun to make
to the old socket get there first (measured: 0 of 3,900 requests lost)."""


def switch(target: Target, draft: Draft) -> None:
    """Traffic and `current` move to the new generation: one act of this host's guard."""
    change = draft.on(target.name)
    target.perform(
        Commit(
            links=tuple(_links(change, draft)),
            live_path=f"{change.generation.app.state_directory}/live.json",
            live_text=_live(change, draft).to_json(),
            finish=tuple(_owed(target, draft)),
        )
    )
    target.session.remark(f"{draft.label} serves")


def drain_previous(target: Target, draft: Draft) -> None:
    """Tell the old web and the old workers to finish; does not wait for their tasks."""
    _finish(target, draft, "settle", "stop old web", "drain old workers")
    told = programs_of(draft.on(target.name), WORKERS)
    if told:
        target.session.remark(f"told to finish: {', '.join(told)}")


def move_beat(target: Target, draft: Draft) -> None:
    """Stop the old beat, then start the new one: two at once would send every tick twice."""
    _finish(target, draft, "move beat")


def _finish(target: Target, draft: Draft, *names: str) -> None:
    for name, act in _owed(target, draft):
        if name in names:
            target.perform(Finish(name, act))


def _links(change: Change, draft: Draft) -> Iterator[tuple[str, str]]:
    """The web's links first: when they have moved, the rest can only follow."""
    app, release = change.generation.app, change.release
    previous = change.stock.live_number
    if WEB in draft.parts:
        if previous:
            yield app.previous_static, _from_run(change, f"{app.releases}/{previous}/.backline/static")
        for process in change.processes:
            yield from process.links
    if release.number != previous:
        yield app.current, f"releases/{release.number}"


def _from_run(change: Change, path: str) -> str:
    return os.path.relpath(path, change.generation.app.run_directory)


def _live(change: Change, draft: Draft) -> LiveRecord:
    before = change.stock.state.live
    generations = dict(before.generations) if before else {}
    generations.update((part, draft.label) for part in draft.parts)
    return LiveRecord(change.release.number, generations)


def _owed(target: Target, draft: Draft) -> Iterator[tuple[str, Action]]:
    """What follows the switch, by name and in order; the guard does it when we cannot."""
    change, paths = draft.on(target.name), target.settings.supervisor
    web, workers = programs_of(change, WEB), programs_of(change, WORKERS)
    if web:
        yield "settle", Pause(SETTLE)
        yield "stop old web", DrainPrograms(paths.socket, paths.include_directory, web)
    if workers:
        yield "drain old workers", DrainPrograms(paths.socket, paths.include_directory, workers)
    old, new = change.old(BEAT), change.new(BEAT)
    if new:
        old_name = old[0].program.name if old else ""
        yield "move beat", MoveProgram(paths.socket, paths.include_directory, paths.python, old_name, new[0].program)
    elif old:
        yield "move beat", RemovePrograms(paths.socket, paths.include_directory, (old[0].program.name,))
