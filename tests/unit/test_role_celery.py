"""The role celery: variables in, processes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.resources.actions.celery_ping import CeleryPing
from backline.resources.actions.celery_queues import CancelQueues, ResumeQueues
from backline.resources.failure import ConfigurationError
from backline.resources.joining import together
from backline.resources.process import BEAT, WORKERS, Process
from backline.roles.celery import CelerySettings, CeleryWorker, fitted, placed, programs, resources
from tests.unit.shop import HOME, SUPERVISOR, shop, shop_generation

RELEASE = f"{HOME}/shop/releases/43"
LAUNCHED = (f"{RELEASE}/.backline/run", f"{RELEASE}/.venv/bin/celery", "-A", "shop")


def settings(host: str = "web1", **variables: object) -> CelerySettings:
    return replace(CelerySettings(shop(host=host), SUPERVISOR, celery_app="shop"), **variables)  # type: ignore[arg-type]


def made(celery: CelerySettings, attempt: int = 1) -> dict[str, Process]:
    return {process.program.name: process for process in programs(celery, shop_generation(43, attempt))}


def test_the_default_is_one_worker_on_celery_s_own_queue_and_beat() -> None:
    worker, beat = made(settings()).values()
    assert worker.program.command == (
        *LAUNCHED,
        *("worker", "-n", "celery-r43@web1", "-l", "info", "-c", "2"),
        *("--without-mingle", "--without-gossip", "--disable-prefetch"),
    )
    assert beat.program.command == (*LAUNCHED, "beat", "-l", "info", "-s", f"{HOME}/shop/shared/celerybeat-schedule")


def test_a_worker_is_told_all_that_its_variables_say() -> None:
    worker = CeleryWorker(
        queues=("mail", "default"),
        concurrency=8,
        pool="threads",
        soft_time_limit=50,
        hard_time_limit=60,
        options=("--max-tasks-per-child=100",),
    )
    program = made(settings(celery_workers={"mail": worker}, celery_log_level="debug"), 2)[
        "shop-celery-mail-r43-2"
    ].program
    assert program.command == (
        *LAUNCHED,
        *("worker", "-n", "mail-r43-2@web1", "-l", "debug", "-c", "8", "-P", "threads", "-Q", "mail,default"),
        *("--soft-time-limit", "50", "--time-limit", "60"),
        *("--without-mingle", "--without-gossip", "--disable-prefetch", "--max-tasks-per-child=100"),
    )
    assert program.directory == RELEASE
    assert program.log_file == f"{HOME}/shop/logs/shop-celery-mail-r43-2.log"
    assert program.environment == {"HOME": HOME}
    assert program.stop_signal == "TERM"
    assert program.start_seconds == 10


@pytest.mark.parametrize(("limit", "patience"), [(0, 3600), (60, 90), (7200, 7230)])
def test_supervisor_waits_for_the_longest_task(limit: int, patience: int) -> None:
    worker = CeleryWorker(hard_time_limit=limit)
    assert made(settings(celery_workers={"w": worker}))["shop-celery-w-r43"].program.patience == patience


@pytest.mark.parametrize(
    ("prefetch", "version", "option"),
    [
        ("auto", "", "--disable-prefetch"),
        ("auto", "5.6.0", "--disable-prefetch"),
        ("auto", "5.5.3", "--prefetch-multiplier"),
        ("none", "5.5.3", "--disable-prefetch"),
        ("one", "5.7.0", "--prefetch-multiplier"),
    ],
)
def test_prefetch_is_what_this_celery_knows(prefetch: str, version: str, option: str) -> None:
    process = made(settings(celery_prefetch=prefetch, celery_version=version))["shop-celery-celery-r43"]
    options = {"--disable-prefetch", "--prefetch-multiplier"}
    assert options & set(process.program.command) == {option}


def test_the_version_comes_from_the_requirements_unless_it_is_set() -> None:
    assert fitted(settings(), "celery[redis]==5.5.3\n").celery_version == "5.5.3"
    assert fitted(settings(celery_version="5.7.0"), "celery==5.5.3\n").celery_version == "5.7.0"


def test_workers_that_start_together_share_their_gate_and_their_hand_over() -> None:
    workers = {"default": CeleryWorker(), "mail": CeleryWorker(queues=("mail",))}
    both = [made(settings(celery_workers=workers))[f"shop-celery-{name}-r43"] for name in workers]
    how = (f"{RELEASE}/.backline/run", f"{RELEASE}/.venv/bin/python", RELEASE, "shop")
    nodes = (("default-r43@web1", "shop-celery-default-r43"), ("mail-r43@web1", "shop-celery-mail-r43"))
    queues = (("default-r43@web1", ()), ("mail-r43@web1", ("mail",)))
    socket = SUPERVISOR.socket
    assert together(worker.gate for worker in both) == (CeleryPing(*how, nodes, supervisor_socket=socket, patience=60),)
    assert together(worker.release_work for worker in both) == (CancelQueues(*how, nodes, supervisor_socket=socket),)
    assert together(worker.resume_work for worker in both) == (
        ResumeQueues(*how, queues, programs=nodes, supervisor_socket=socket),
    )
    assert [worker.name for worker in both] == ["default", "mail"]
    assert {(worker.part, worker.kind) for worker in both} == {(WORKERS, "celery")}


def test_a_worker_of_another_application_is_gated_by_itself() -> None:
    one, other = (made(settings(celery_app=name))["shop-celery-celery-r43"].gate for name in ("shop", "other"))
    assert together((one, other, one, None)) == (one, other)


def test_a_worker_that_must_not_overlap_is_gated_alone() -> None:
    workers = {"default": CeleryWorker(), "single": CeleryWorker(overlap=False)}
    processes = made(settings(celery_workers=workers))
    default, single = (processes[f"shop-celery-{name}-r43"] for name in workers)
    assert (default.overlaps, single.overlaps) == (True, False)
    assert isinstance(single.gate, CeleryPing)
    assert single.gate.nodes == (("single-r43@web1", "shop-celery-single-r43"),)


def test_beat_never_runs_twice_and_keeps_its_schedule_across_releases() -> None:
    beat = made(settings())["shop-beat-r43"]
    assert (beat.part, beat.kind, beat.overlaps, beat.gate) == (BEAT, "beat", False, None)
    assert beat.program.start_seconds == 5


def test_beat_can_be_left_out_and_runs_on_its_host_only() -> None:
    assert "shop-beat-r43" not in made(settings(celery_beat=False))
    assert "shop-beat-r43" not in made(settings(celery_beat_host="web2"))
    assert "shop-beat-r43" in made(settings(celery_beat_host="web1"))


@pytest.mark.parametrize(
    ("name", "worker", "reason"),
    [
        ("web", CeleryWorker(), "another program"),
        ("beat", CeleryWorker(), "another program"),
        ("Mail", CeleryWorker(), "name of a worker"),
        ("a b", CeleryWorker(), "name of a worker"),
        ("a\n", CeleryWorker(), "name of a worker"),
        ("w", CeleryWorker(concurrency=-1), "concurrency"),
        ("w", CeleryWorker(soft_time_limit=60, hard_time_limit=30), "never comes"),
        ("w", CeleryWorker(hard_time_limit=-1), "time limits"),
        ("w", CeleryWorker(queues=("a,b",)), "name of a queue"),
    ],
)
def test_what_cannot_be_a_worker_is_objected_to(name: str, worker: CeleryWorker, reason: str) -> None:
    (objection,) = settings(celery_workers={name: worker}).objections()
    assert objection.variable == "celery_workers"
    assert reason in objection.reason


def test_sound_settings_meet_no_objection_and_ask_for_nothing_outside_the_release() -> None:
    assert list(settings().objections()) == []
    assert list(resources(settings())) == []


def test_an_application_must_be_named_where_django_celery_brings_none() -> None:
    (objection,) = settings(celery_app="").objections()
    assert objection.variable == "celery_app"
    assert list(settings(celery_app="", celery_command="django-celery").objections()) == []


def matching(pattern: str) -> tuple[str, ...]:
    return {"all": ("web1", "web2"), "web2": ("web2",), "nobody": ()}[pattern]


def test_a_worker_runs_on_its_own_hosts_and_beat_on_the_first_that_has_one() -> None:
    workers = {"mail": CeleryWorker(hosts="web2")}
    first, second = placed([settings(host, celery_workers=workers) for host in ("web1", "web2")], matching)
    assert first.celery_workers == {}
    assert second.celery_workers == workers
    assert (first.celery_beat_host, second.celery_beat_host) == ("web2", "web2")


def test_beat_s_host_is_the_one_that_is_named() -> None:
    named = [settings(host, celery_beat_host="web2") for host in ("web1", "web2")]
    assert [celery.celery_beat_host for celery in placed(named, matching)] == ["web2", "web2"]


def test_a_worker_without_a_host_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="worker lonely has no host"):
        placed([settings(celery_workers={"lonely": CeleryWorker(hosts="nobody")})], matching)


def test_two_beats_are_an_error() -> None:
    with pytest.raises(ConfigurationError, match="two beats"):
        placed([settings(host, celery_beat_host=host) for host in ("web1", "web2")], matching)


def test_beat_on_a_host_without_the_role_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="db1"):
        placed([settings(celery_beat_host="db1")], matching)
