"""The commit point, and what is owed from then on."""

from __future__ import annotations

import os
from collections.abc import Iterator

from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.guarded import Commit, Finish, Switch
from backline.agent.steps.move_program import MoveProgram
from backline.agent.steps.pause import Pause
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.start_programs import StartPrograms
from backline.deploy.cost import costs_of_single_workers, replaces
from backline.deploy.draft import Change, Draft
from backline.deploy.overlap import programs_of
from backline.fleet.target import Target
from backline.resources.joining import together
from backline.resources.process import BEAT, WEB, WORKERS
from backline.resources.records import LiveRecord
from backline.resources.resource import Action

SETTLE = 0.5
"""Seconds between the move of the socket's link and the stop of the old web: connections that nginx had begun to make
to the old socket get there first (measured: 0 of 3,900 requests lost)."""


def switch(target: Target, draft: Draft) -> None:
    """Traffic and `current` move to the new generation: one act of this host's guard."""
    switch_over(target, draft, tuple(switched_links(draft.on(target.name), draft)), tuple(_owed(target, draft)))


def switch_over(
    target: Target, draft: Draft, links: tuple[tuple[str, str], ...], finish: tuple[tuple[str, Action], ...]
) -> None:
    """The guard's act. On a host that is alone it is committed in the same flight; of several each waits for all."""
    change = draft.on(target.name)
    live_path = f"{change.generation.app.state_directory}/live.json"
    over = Switch(links, live_path, live_record(change).to_json(), finish, tuple(draft.changes))
    acts = [target.session.begin(over)]
    if draft.is_alone:
        target.note_serving(None)  # as long as we do not know that it was told
        acts.append(target.session.begin(Commit(), after=acts[0]))
    for act in acts:
        act.result()
    target.note_serving(draft.label)
    target.session.remark(f"{draft.label} serves")


def drain_previous(target: Target, draft: Draft) -> None:
    """Tell the old web and the old workers to finish; does not wait for their tasks."""
    _finish(target, draft, "settle", "stop old web", "drain old workers")
    told = programs_of(draft.on(target.name), WORKERS)
    if told:
        target.session.remark(f"told to finish: {', '.join(told)}")


def replace_single_workers(target: Target, draft: Draft) -> None:
    """Where a worker must not overlap: wait until the old one has finished its tasks, then start the new one."""
    change = draft.on(target.name)
    names = tuple(name for name, _ in _single_workers(target, change))
    for line in costs_of_single_workers(change):
        target.session.note(line)
    _finish(target, draft, *names)
    target.session.remark(target.tally.pauses.end(process.name for process in change.new(WORKERS)))


def move_beat(target: Target, draft: Draft) -> None:
    """Stop the old beat, then start the new one: two at once would send every tick twice."""
    change = draft.on(target.name)
    target.tally.pauses.begin(process.name for process in change.old(BEAT))
    _finish(target, draft, "move beat")
    target.session.remark(target.tally.pauses.end(process.name for process in change.new(BEAT)))


def _finish(target: Target, draft: Draft, *names: str) -> None:
    for name, act in _owed(target, draft):
        if name in names:
            target.perform(Finish(name, act))


def switched_links(change: Change, draft: Draft) -> Iterator[tuple[str, str]]:
    """The web's links first: when they have moved, the rest can only follow."""
    app, release = change.generation.app, change.release
    previous = change.stock.live_number
    if WEB in draft.parts:
        if previous not in (0, release.number):
            yield app.previous_static, _from_run(change, f"{app.releases}/{previous}/.backline/static")
        for process in change.processes:
            yield from process.links
    if release.number != previous:
        yield app.current, f"releases/{release.number}"


def _from_run(change: Change, path: str) -> str:
    return os.path.relpath(path, change.generation.app.run_directory)


def live_record(change: Change) -> LiveRecord:
    """What served and is not taken over from goes on serving beside the new."""
    replaced = {process.program.name for process in change.previous}
    label_of = {one.process.program.name: one.generation.label for one in change.stock.serving()}
    staying = tuple(name for name in change.stock.live_programs if name not in replaced)
    new = tuple(process.program.name for process in change.processes)
    labels = (*(label_of.get(name, "") for name in staying), *(change.generation.label for _ in new))
    return LiveRecord(change.release.number, (*staying, *new), labels)


def _owed(target: Target, draft: Draft) -> Iterator[tuple[str, Action]]:
    """What follows the switch, by name and in order; the guard does it when we cannot."""
    change, paths = draft.on(target.name), target.settings.supervisor
    web, workers = programs_of(change, WEB), programs_of(change, WORKERS)
    if web:
        yield "settle", Pause(SETTLE)
        yield "stop old web", DrainPrograms(paths.socket, paths.include_directory, web)
    if workers:
        yield "drain old workers", DrainPrograms(paths.socket, paths.include_directory, workers)
    yield from _single_workers(target, change)
    old, new = change.old(BEAT), change.new(BEAT)
    if new:
        old_name = old[0].program.name if old else ""
        yield "move beat", MoveProgram(paths.socket, paths.include_directory, paths.python, old_name, new[0].program)
    elif old:
        yield "move beat", RemovePrograms(paths.socket, paths.include_directory, (old[0].program.name,))


def _single_workers(target: Target, change: Change) -> Iterator[tuple[str, Action]]:
    """Meanwhile their tasks wait in the queues: the old workers take none, and the new ones are not there yet."""
    starting = tuple(process for process in change.new(WORKERS) if not process.overlaps)
    if not starting:
        return
    paths = target.settings.supervisor
    ending = tuple(process.program for process in change.old(WORKERS) if replaces(process, starting))
    if ending:
        names, patience = tuple(program.name for program in ending), max(program.patience for program in ending)
        yield "end single workers", RemovePrograms(paths.socket, paths.include_directory, names, float(patience))
    programs = tuple(process.program for process in starting)
    yield "start single workers", StartPrograms(paths.socket, paths.include_directory, paths.python, programs)
    for number, gate in enumerate(together(process.gate for process in starting), 1):
        yield f"ask single workers {number}", gate
