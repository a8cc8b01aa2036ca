"""What a run left running that was cut off together with its guard, as when the power goes: nobody else ends it."""

from __future__ import annotations

from collections.abc import Iterator

from backline.deploy.stock import Stock
from backline.fleet.target import Target

STARTED = ("STARTING", "RUNNING", "BACKOFF")
SERVING = ("STARTING", "RUNNING")


def end_strays(target: Target, stock: Stock) -> None:
    """Tell them to finish, under the lock: workers of a release that never served would take tasks for good."""
    names = strays(stock)
    if not names:
        return
    from backline.agent.steps.drain_programs import DrainPrograms

    paths = target.settings.supervisor
    target.perform(DrainPrograms(paths.socket, paths.include_directory, names))
    for name in names:
        target.session.note(f"{name} was left by a run that was cut off: it is to finish")


def strays(stock: Stock) -> tuple[str, ...]:
    """The programs that run and do not serve, and that nothing is lost with."""
    return tuple(_strays(stock))


def _strays(stock: Stock) -> Iterator[str]:
    """Those begun after what serves never came to serve. Of older ones, those whose successor runs: where a cut-off
    run has not started the successor yet (beat, a worker that must not overlap), the old one is all there is."""
    state_of = {item.name: item.state for item in stock.state.programs}
    serving = set(stock.live_programs)
    running = {process.name for process in stock.live_processes() if state_of.get(process.program.name) in SERVING}
    newest = max((stock.known_programs[name].age for name in serving if name in stock.known_programs), default=(0, 0))
    for name, one in stock.known_programs.items():
        is_started = name not in serving and state_of.get(name) in STARTED
        if is_started and (one.age > newest or one.process.name in running):
            yield name
