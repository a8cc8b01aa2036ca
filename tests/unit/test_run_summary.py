"""The summary of a run: times of its steps, and what people are told of them."""

from __future__ import annotations

from backline.agent.events import Event, Kind, Outcome
from backline.commands.run_summary import run_summary
from backline.commands.stopwatch import Stopwatch
from backline.deploy.summary import HostSummary, StepSummary, Summary

BUILT = HostSummary(21, 1, 0, 29, 55_200, "built", 12)
NOTHING = HostSummary(0, 22, 0, 0, 12_000, None, 3)
STEPS = (
    StepSummary("take stock", "web1", 2.0),
    StepSummary("migrate", "web1", 4.0),
    StepSummary("start workers", "web1", 8.0),
    StepSummary("start workers", "web2", 9.0),
    StepSummary("prune", "web1", 0.1),
)


def summary(seconds: float, steps: tuple[StepSummary, ...], **hosts: HostSummary) -> Summary:
    return Summary("deployed", "r43", None, hosts, seconds, steps)


def test_each_host_has_a_line_and_the_slowest_steps_are_named() -> None:
    assert run_summary(summary(31.5, STEPS, web1=BUILT, web2=NOTHING)) == (
        "  host  resources         sent                      virtualenv  round trips\n"
        "  web1  21 of 22 changed  29 files, 55.2 kB in all  built                12\n"
        "  web2  0 of 22 changed   12.0 kB in all            -                     3\n"
        "  took 31.5s; slowest: start workers on web2 9.0s, migrate on web1 4.0s, take stock on web1 2.0s"
    )


def test_a_check_says_what_would_be() -> None:
    told = run_summary(Summary("checked", "r43", None, {"web1": BUILT}, 0.5, ()))
    assert "  web1  21 of 22 would change  29 files, 55.2 kB in all  to be built" in told


def test_one_host_is_not_named_with_its_steps() -> None:
    told = run_summary(summary(31.5, STEPS[:3], web1=BUILT))
    assert told.endswith("took 31.5s; slowest: start workers 8.0s, migrate 4.0s, take stock 2.0s")


def test_of_a_short_run_no_step_is_slow() -> None:
    assert run_summary(summary(0.5, STEPS, web1=BUILT)).endswith("\n  took 0.5s")


def test_the_stopwatch_takes_the_time_of_every_step_that_ended_and_passes_everything_on() -> None:
    passed: list[Event] = []
    stopwatch = Stopwatch()
    listen = stopwatch.before(passed.append)
    events = [
        Event(Kind.STARTED, 0.0, "web1", "migrate"),
        Event(Kind.HANDLER, 0.0, "web1", "migrate", seconds=3.0),
        Event(Kind.FINISHED, 0.0, "web1", "migrate", Outcome.FAILED, seconds=1.23456),
    ]
    for event in events:
        listen(event)
    assert passed == events
    assert stopwatch.steps == (StepSummary("migrate", "web1", 1.235),)
    assert stopwatch.seconds >= 0
