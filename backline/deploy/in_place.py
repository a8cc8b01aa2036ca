"""Plain mode: old programs end before new ones of the same name start, and the links between them move meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backline.agent.steps.guarded import Finish, Guarded
from backline.agent.steps.move_links import LinkTargets, MoveLinks, ReadLinks
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.start_programs import StartPrograms
from backline.agent.steps.stop_programs import StopPrograms
from backline.deploy.cost import costs_in_place
from backline.deploy.draft import Change, Draft
from backline.deploy.overlap import take_queues_from
from backline.deploy.switching import switch_over, switched_links
from backline.fleet.target import Target
from backline.resources.joining import together
from backline.resources.process import BEAT, WEB, WORKERS, Process
from backline.resources.program import Program
from backline.resources.resource import Action
from backline.settings.app import SupervisorPaths

STOP_MARGIN = 5.0
"""Seconds that Supervisor's own KILL, out of its patience, may take before ours."""
START_BEAT = "start beat"
FORGET_OLD = "forget old programs"


def announce_pause(target: Target, draft: Draft) -> None:
    """Say what is going to stand still, before it does."""
    for line in costs_in_place(draft.on(target.name)):
        target.session.note(line)


def stop_old_workers(target: Target, draft: Draft) -> None:
    """They begin nothing more, and then end: told to end while it takes a task, a worker may give that back and do it
    as well. Wait until they have finished what they had begun; the old web serves meanwhile."""
    old = draft.on(target.name).old(WORKERS)
    take_queues_from(target, old)
    stop_guarded(target, old)


def stop_old_beat(target: Target, draft: Draft) -> None:
    """Before the web, so that nothing is sent that only the new workers might not know."""
    stop_guarded(target, draft.on(target.name).old(BEAT))


def stop_leaving_beat(target: Target, draft: Draft) -> None:
    """Where beat goes to another host, it ends here before anything switches: whatever becomes of this run and of the
    line to each host, the guard there never starts a second one."""
    stop_guarded(target, draft.on(target.name).old(BEAT))


def stop_old_web(target: Target, draft: Draft) -> None:
    """Wait until it has answered what it was asked; from now on visitors get an error."""
    stop_guarded(target, draft.on(target.name).old(WEB))


def move_links(target: Target, draft: Draft) -> None:
    """Nothing runs any more, or yet, that finds its release by them."""
    links = links_before_start(draft.on(target.name))
    if not links:
        return
    before = target.answer(ReadLinks(tuple(path for path, _ in links)), LinkTargets)
    target.perform(Guarded(MoveLinks(links), undo=MoveLinks(before.links)))


def start_web_in_place(target: Target, draft: Draft) -> None:
    """Start the new web under the old one's name; returns when it answers."""
    _start(target, draft.on(target.name), WEB)


def start_workers_in_place(target: Target, draft: Draft) -> None:
    """Start the new workers under the old ones' names; returns when they answer a ping."""
    _start(target, draft.on(target.name), WORKERS)


def switch_in_place(target: Target, draft: Draft) -> None:
    """Make the new generation the live one: one act of this host's guard. From now on nothing is undone."""
    change = draft.on(target.name)
    owed = owed_in_place(target.settings.supervisor, change)
    switch_over(target, draft, links_at_switch(change, draft), tuple(owed))


def start_beat_in_place(target: Target, draft: Draft) -> None:
    """Start the new beat; the old one has ended."""
    change = draft.on(target.name)
    _finish(target, change, START_BEAT)
    target.session.remark(target.tally.pauses.end(process.name for process in change.new(BEAT)))


def forget_old_programs(target: Target, draft: Draft) -> None:
    """Take away those that have no successor of their name."""
    _finish(target, draft.on(target.name), FORGET_OLD)


def links_before_start(change: Change) -> tuple[tuple[str, str], ...]:
    """Those that programs need, and the web's own; where the old web serves on beside the new, these wait for the
    switch."""
    links = [link for process in change.processes for link in process.foundations]
    if change.in_place:
        links += (link for process in change.processes for link in process.links)
    return tuple(dict.fromkeys(links))


def links_at_switch(change: Change, draft: Draft) -> tuple[tuple[str, str], ...]:
    """What is left to move then: `current`, for people."""
    moved = links_before_start(change)
    return tuple(link for link in switched_links(change, draft) if link not in moved)


def stop_guarded(target: Target, processes: tuple[Process, ...]) -> None:
    """Wait until these have ended. The undo starts them again, as their files said."""
    if not processes:
        return
    paths = target.settings.supervisor
    programs = _programs(processes)
    start = StartPrograms(paths.socket, paths.include_directory, paths.python, programs)
    stop = StopPrograms(paths.socket, _names(programs), _patience(programs))
    target.tally.pauses.begin(process.name for process in processes)
    target.perform(Guarded(stop, undo=start))
    target.session.remark(f"ended: {', '.join(_names(programs))}")


def _start(target: Target, change: Change, part: str) -> None:
    paths = target.settings.supervisor
    starting = change.new(part)
    for programs, undo in _startings(paths, change, _programs(starting)):
        start = StartPrograms(paths.socket, paths.include_directory, paths.python, programs)
        target.perform(Guarded(start, undo=undo))
    for gate in together(process.gate for process in starting):
        target.perform(gate)
    target.session.remark(target.tally.pauses.end(process.name for process in starting))


def _startings(
    paths: SupervisorPaths, change: Change, programs: tuple[Program, ...]
) -> Iterator[tuple[tuple[Program, ...], Action]]:
    """What is to be started, each with its undo. A name that the old generation had too keeps its file: it is the old
    one's again when that is started again, and a host that boots until then has one of them in any case."""
    old_names = _names(_programs(change.previous))
    again = tuple(program for program in programs if program.name in old_names)
    added = tuple(program for program in programs if program.name not in old_names)
    if again:
        yield again, StopPrograms(paths.socket, _names(again), _patience(again))
    if added:
        yield added, RemovePrograms(paths.socket, paths.include_directory, _names(added), _patience(added))


def owed_in_place(paths: SupervisorPaths, change: Change) -> Iterator[tuple[str, Action]]:
    """What follows the switch, by name and in order; the guard does it when we cannot."""
    beat = _programs(change.new(BEAT))
    if beat:
        yield START_BEAT, StartPrograms(paths.socket, paths.include_directory, paths.python, beat)
    new_names = _names(_programs(change.processes))
    without_successor = tuple(name for name in _names(_programs(change.previous)) if name not in new_names)
    if without_successor:
        yield FORGET_OLD, RemovePrograms(paths.socket, paths.include_directory, without_successor)


def _finish(target: Target, change: Change, name: str) -> None:
    for owed, act in owed_in_place(target.settings.supervisor, change):
        if owed == name:
            target.perform(Finish(name, act))


def _programs(processes: Iterable[Process]) -> tuple[Program, ...]:
    return tuple(process.program for process in processes)


def _names(programs: Iterable[Program]) -> tuple[str, ...]:
    return tuple(program.name for program in programs)


def _patience(programs: Iterable[Program]) -> float:
    return max(program.patience for program in programs) + STOP_MARGIN
