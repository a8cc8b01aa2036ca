"""The two generations side by side: start the new one, see that it works, and take the queues from the old."""

from __future__ import annotations

from backline.agent.steps.drain_programs import DrainPrograms
from backline.agent.steps.guarded import Guarded
from backline.agent.steps.list_programs import ListPrograms
from backline.agent.steps.remove_programs import RemovePrograms
from backline.agent.steps.start_programs import StartPrograms
from backline.agent.steps.watch_programs import WatchPrograms
from backline.agent.steps.write_generation import WriteGeneration
from backline.deploy.draft import Change, Draft
from backline.fleet.target import Target
from backline.resources.joining import together
from backline.resources.process import WEB, WORKERS, Process
from backline.resources.records import GenerationRecord
from backline.resources.resource import Action
from backline.settings.app import SupervisorPaths
from backline.settings.app_settings import AppSettings


def remember_generation(target: Target, draft: Draft) -> None:
    """Write down what will be started, so that the next run knows how to take over from it."""
    change = draft.on(target.name)
    generation = change.generation
    record = GenerationRecord(generation.label, generation.release.number, generation.attempt, change.processes)
    path = f"{generation.app.state_directory}/generations/{generation.label}.json"
    target.perform(WriteGeneration(path, record.to_json()))


def start_workers(target: Target, draft: Draft) -> None:
    """Start the new workers beside the old; returns when they answer a ping with the pid that Supervisor started."""
    _start(target, draft.on(target.name).new(WORKERS), drains=True)


def start_web(target: Target, draft: Draft) -> None:
    """Start the new web on its own socket; returns when it answers over it."""
    _start(target, draft.on(target.name).new(WEB), drains=False)


def watch(target: Target, draft: Draft) -> None:
    """Let what was started run for a while, whatever its gate has said: what dies soon must not take over."""
    seconds = target.settings.of(AppSettings).app_trial_seconds
    change = draft.on(target.name)
    programs = tuple(
        process.program for process in change.processes if process.gate and (process.overlaps or change.in_place)
    )
    if programs and seconds:
        target.perform(WatchPrograms(target.settings.supervisor.socket, programs, seconds))


def take_queues_over(target: Target, draft: Draft) -> None:
    """The old workers finish what they have, and begin nothing more."""
    change = draft.on(target.name)
    old = change.old(WORKERS)
    single = tuple(process for process in change.new(WORKERS) if not process.overlaps)
    target.tally.pauses.begin(process.name for process in single if process.name in {one.name for one in old})
    take_queues_from(target, old)


def take_queues_from(target: Target, old: tuple[Process, ...]) -> None:
    """The same for these; the undo gives their queues back."""
    resume = together(process.resume_work for process in old)
    for place, release_work in enumerate(together(process.release_work for process in old)):
        target.perform(Guarded(release_work, undo=resume[place]))


def still_finishing(target: Target, draft: Draft) -> set[str]:
    """The new workers that run on after the undo, which lets them finish their tasks. In plain mode nobody could tell:
    the names are the old ones."""
    change = draft.on(target.name)
    workers = {process.program.name for process in change.new(WORKERS) if process.overlaps}
    if change.in_place or not workers:
        return set()
    there = target.answer(ListPrograms(target.settings.supervisor.socket), tuple)
    return {one.name for one in there if one.name in workers and not one.ended}


def programs_of(change: Change, part: str) -> tuple[str, ...]:
    """The names of the old programs of a part."""
    return tuple(process.program.name for process in change.old(part))


def _start(target: Target, processes: tuple[Process, ...], drains: bool) -> None:
    starting = tuple(process for process in processes if process.overlaps)
    if not starting:
        return
    paths = target.settings.supervisor
    programs = tuple(process.program for process in starting)
    start = StartPrograms(paths.socket, paths.include_directory, paths.python, programs)
    target.perform(Guarded(start, undo=_undo(paths, starting, drains)))
    for gate in together(process.gate for process in starting):
        target.perform(gate)
    target.session.remark(", ".join(program.name for program in programs))


def _undo(paths: SupervisorPaths, processes: tuple[Process, ...], drains: bool) -> Action:
    """A new worker takes tasks from its first second, so its undo lets it finish them; a web has nobody waiting yet."""
    names = tuple(process.program.name for process in processes)
    if drains:
        return DrainPrograms(paths.socket, paths.include_directory, names)
    return RemovePrograms(paths.socket, paths.include_directory, names)
