"""Celery: workers by name, each with queues and limits of its own, and one beat."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from backline.resources.actions.celery_ping import CeleryPing
from backline.resources.actions.celery_queues import CancelQueues, ResumeQueues
from backline.resources.failure import ConfigurationError
from backline.resources.plan import Entry
from backline.resources.process import BEAT, WORKERS, Process
from backline.resources.program import Program
from backline.resources.resource import Resource
from backline.settings.app import Generation
from backline.settings.pins import is_older, pinned_version
from backline.settings.settings import Objection, Settings

BRINGS = ("app", "virtualenv", "supervisor")

LONGEST_TASK = 3600
"""Seconds that a stopping worker has for its tasks where no time limit bounds them."""
STOP_MARGIN = 30
"""Seconds from the end of the last task to the end of the worker, on a busy host."""
FIRST_WITHOUT_PREFETCH = (5, 6)

_WORKER_NAME = re.compile(r"[a-z0-9_-]+")
_RESERVED_NAMES = ("web", "beat")


@dataclass(frozen=True)
class CeleryWorker:
    """One worker: a program on each of its hosts."""

    queues: tuple[str, ...] = ()
    """What it consumes; none: the app's own default, the queue `celery` unless the project says otherwise."""
    concurrency: int = 2
    """How many tasks at once. With prefork, processes, and each takes the memory of the whole app once."""
    pool: str = "prefork"
    """`prefork`, `threads`, `solo`, `gevent` …"""
    soft_time_limit: int = 0
    """Seconds after which a task is told to end (SoftTimeLimitExceeded); 0: never."""
    hard_time_limit: int = 0
    """Seconds after which a task is killed; 0: never. A worker that stops waits this long, else an hour."""
    hosts: str = "all"
    """A pattern; it runs on those of these hosts that have the role celery."""
    overlap: bool = True
    """Whether the next release's worker may start while this one still finishes its tasks."""
    options: tuple[str, ...] = ()
    """Further arguments of `celery worker`."""


def _default_workers() -> Mapping[str, CeleryWorker]:
    return {"celery": CeleryWorker()}


@dataclass(frozen=True)
class CelerySettings(Settings):
    """The variables of the role celery."""

    celery_app: str
    """What `celery -A` is given: `shop`."""
    celery_workers: Mapping[str, CeleryWorker] = field(default_factory=_default_workers)
    """The workers by name. The default is one, `celery`, on the default queue."""
    celery_beat: bool = True
    """Whether beat runs, on one host."""
    celery_beat_host: str = ""
    """The host of beat. Empty: the first host of a worker, in the order of the inventory."""
    celery_command: Literal["celery", "django-celery"] = "celery"
    """How Celery is started."""
    celery_log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    """What workers and beat write into their logs, and what is graver."""
    celery_prefetch: Literal["auto", "none", "one"] = "auto"
    """How many messages a worker keeps besides those it works on. `none`: --disable-prefetch (Celery 5.6 and newer, on
    Redis). `one`: a prefetch multiplier of 1, for other brokers. `auto`: none, where the project's Celery knows it."""
    celery_version: str = ""
    """The Celery of the project. Empty: what its requirements pin, else the newest."""
    celery_patience: int = 60
    """Seconds that new workers have for their first answer to a ping."""

    def objections(self) -> Iterator[Objection]:
        """What types do not say."""
        if not self.celery_app or self.celery_app.startswith("-"):
            yield Objection("celery_app", "must name the Celery application: shop, or shop.celery:app")
        if self.celery_patience < 1:
            yield Objection("celery_patience", "must be at least 1")
        for name, worker in self.celery_workers.items():
            for reason in _objections_to(name, worker):
                yield Objection("celery_workers", reason)


def resources(celery: CelerySettings) -> Iterator[Resource | Entry]:
    """Nothing that is not a release's own; what would only fail in the middle of a deploy is refused here."""
    if celery.celery_command != "celery":
        raise ConfigurationError(
            f"celery_command: {celery.celery_command} comes with a later version of Backline",
            hint="set celery_command: celery",
            host=celery.app.host,
        )
    yield from ()


def programs(celery: CelerySettings, generation: Generation) -> Iterator[Process]:
    """The workers of this host, and beat where this is its host; `placed` has decided which those are."""
    for name, worker in celery.celery_workers.items():
        yield _worker(celery, generation, name, worker)
    if celery.celery_beat and celery.celery_beat_host in ("", celery.app.host):
        yield Process(_beat(celery, generation), part=BEAT, kind="beat", name="beat", overlaps=False)


def placed(
    every: Sequence[CelerySettings], hosts_matching: Callable[[str], Collection[str]]
) -> tuple[CelerySettings, ...]:
    """The settings of all hosts that have this role, in inventory order, each left with the workers that are its own,
    and with beat's host decided. Raises ConfigurationError for a worker without a host and for a beat without one."""
    placed_workers = tuple(
        replace(
            celery,
            celery_workers={
                name: worker
                for name, worker in celery.celery_workers.items()
                if celery.app.host in hosts_matching(worker.hosts)
            },
        )
        for celery in every
    )
    for name, worker in {name: worker for celery in every for name, worker in celery.celery_workers.items()}.items():
        if not any(name in celery.celery_workers for celery in placed_workers):
            raise ConfigurationError(
                f"the Celery worker {name} has no host: none with the role celery matches {worker.hosts}",
                hint=f"change `hosts` of {name} in celery_workers, or give a host the role celery",
            )
    hosts_with_workers = (celery.app.host for celery in placed_workers if celery.celery_workers)
    beat_host = _decided_beat_host(every, next(hosts_with_workers, ""))
    return tuple(replace(celery, celery_beat_host=beat_host) for celery in placed_workers)


def fitted(celery: CelerySettings, requirements: str) -> CelerySettings:
    """The settings for what a release's requirements pin; a version that the inventory sets stays."""
    return replace(celery, celery_version=celery.celery_version or pinned_version(requirements, "celery"))


def _decided_beat_host(every: Sequence[CelerySettings], first: str) -> str:
    wanted = sorted({celery.celery_beat_host for celery in every if celery.celery_beat and celery.celery_beat_host})
    if len(wanted) > 1:
        raise ConfigurationError(
            f"celery_beat_host names {' and '.join(wanted)}, and two beats send every task twice",
            hint="set it once, for all hosts alike",
        )
    beating = [celery.app.host for celery in every if celery.celery_beat]
    if beating and wanted and wanted[0] not in beating:
        raise ConfigurationError(
            f"celery_beat_host is {wanted[0]}, which has no role celery or has celery_beat: false",
            hint=f"name one of {', '.join(beating)}, or set celery_beat: false for all",
        )
    if wanted:
        return wanted[0]
    return first if first in beating else next(iter(beating), "")


def _worker(celery: CelerySettings, generation: Generation, name: str, worker: CeleryWorker) -> Process:
    """Gate and hand-over are those of one worker; the runbook joins them, so that Celery is imported once for all."""
    release, socket, user = generation.release, celery.supervisor.socket, generation.app.user
    how = (release.launcher, release.interpreter, release.directory, celery.celery_app)
    nodes = ((generation.node_name(name), _program_name(generation, name)),)
    queues = ((generation.node_name(name), worker.queues),)
    return Process(
        program=_worker_program(celery, generation, name, worker),
        part=WORKERS,
        kind="celery",
        name=name,
        gate=CeleryPing(*how, nodes, supervisor_socket=socket, patience=celery.celery_patience, user=user),
        release_work=CancelQueues(*how, nodes, supervisor_socket=socket, user=user),
        resume_work=ResumeQueues(*how, queues, programs=nodes, supervisor_socket=socket, user=user),
        overlaps=worker.overlap,
    )


def _program_name(generation: Generation, worker: str) -> str:
    return generation.program_name(f"celery-{worker}")


def _worker_program(celery: CelerySettings, generation: Generation, name: str, worker: CeleryWorker) -> Program:
    return Program(
        name=_program_name(generation, name),
        command=(
            *_celery(celery, generation),
            "worker",
            *_worker_arguments(celery, generation.node_name(name), worker),
        ),
        directory=generation.release.directory,
        log_file=generation.log_file(f"celery-{name}"),
        user=generation.app.user,
        environment={"HOME": generation.app.home},
        patience=worker.hard_time_limit + STOP_MARGIN if worker.hard_time_limit else LONGEST_TASK,
        start_seconds=10,
    )


def _worker_arguments(celery: CelerySettings, node: str, worker: CeleryWorker) -> tuple[str, ...]:
    return (
        *("-n", node),
        *("-l", celery.celery_log_level),
        *("-c", str(worker.concurrency)),
        *(("-P", worker.pool) if worker.pool != "prefork" else ()),
        *(("-Q", ",".join(worker.queues)) if worker.queues else ()),
        *(("--soft-time-limit", str(worker.soft_time_limit)) if worker.soft_time_limit else ()),
        *(("--time-limit", str(worker.hard_time_limit)) if worker.hard_time_limit else ()),
        # Looking for neighbours costs each start a second, and nothing here asks them.
        *("--without-mingle", "--without-gossip"),
        *_prefetch(celery),
        *worker.options,
    )


def _prefetch(celery: CelerySettings) -> tuple[str, ...]:
    """What a worker has taken and not begun waits until its longest task ends, when the worker is to stop."""
    too_old = is_older(celery.celery_version, FIRST_WITHOUT_PREFETCH)
    if celery.celery_prefetch == "one" or (celery.celery_prefetch == "auto" and too_old):
        return ("--prefetch-multiplier", "1")
    return ("--disable-prefetch",)


def _beat(celery: CelerySettings, generation: Generation) -> Program:
    """The schedule outlives releases: without it beat would not know what it has sent."""
    return Program(
        name=generation.program_name("beat"),
        command=(
            *(*_celery(celery, generation), "beat", "-l", celery.celery_log_level),
            *("-s", f"{generation.app.shared}/celerybeat-schedule"),
        ),
        directory=generation.release.directory,
        log_file=generation.log_file("beat"),
        user=generation.app.user,
        environment={"HOME": generation.app.home},
        start_seconds=5,
    )


def _celery(celery: CelerySettings, generation: Generation) -> tuple[str, ...]:
    release = generation.release
    return (release.launcher, release.executable("celery"), "-A", celery.celery_app)


def _objections_to(name: str, worker: CeleryWorker) -> Iterator[str]:
    """What is wrong with one worker, in words that name it."""
    if not _WORKER_NAME.fullmatch(name):
        yield f'"{name}" cannot be the name of a worker: use small letters, digits, dashes and underscores'
    if name in _RESERVED_NAMES:
        yield f"{name} is the name of another program; call the worker differently"
    if worker.concurrency < 1:
        yield f"concurrency of {name} must be at least 1"
    if min(worker.soft_time_limit, worker.hard_time_limit) < 0:
        yield f"the time limits of {name} must be seconds, or 0 for none"
    if 0 < worker.hard_time_limit < worker.soft_time_limit:
        yield f"soft_time_limit of {name} must be below its hard_time_limit, else it never comes"
    for queue in worker.queues:
        if not queue or "," in queue or queue != queue.strip():
            yield f'"{queue}" of {name} cannot be the name of a queue'
