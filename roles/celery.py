"""Celery: workers by name, each with queues and limits of its own, and one beat."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal

from backline.resources.dataclass import dataclass, field, replace
from backline.resources.failure import ConfigurationError
from backline.resources.plan import Entry
from backline.resources.process import BEAT, WORKERS, Process
from backline.resources.program import Program
from backline.resources.resource import Resource
from backline.roles import _django_celery as django_celery
from backline.settings.app import Generation
from backline.settings.pins import is_older, pinned_version
from backline.settings.plain_objections import objections_to_log_file
from backline.settings.settings import Objection, Settings

BRINGS = ("app", "virtualenv", "supervisor")

LONGEST_TASK = 3600
"""Seconds that a stopping worker has for its tasks where no time limit bounds them."""
STOP_MARGIN = 30
"""Seconds from the end of the last task to the end of the worker, on a busy host."""
FIRST_WITHOUT_PREFETCH = (5, 6)
USUAL_CONCURRENCY = 2

_WORKER_NAME = re.compile(r"[a-z0-9_-]+")
_RESERVED_NAMES = ("web", "beat")


@dataclass(frozen=True)
class CeleryWorker:
    """One worker: a program on each of its hosts."""

    queues: tuple[str, ...] = ()
    """What it consumes; none: the app's own default, the queue `celery` unless the project says otherwise."""
    concurrency: int = 0
    """How many tasks at once. With prefork, processes, and each takes the memory of the whole app once. 0: two, and
    with `celery_command: django-celery` one for each core, as Celery does of itself."""
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

    celery_app: str = ""
    """What `celery -A` is given: `shop`. With `celery_command: django-celery` empty, unless the project makes an
    application of its own."""
    celery_workers: Mapping[str, CeleryWorker] = field(default_factory=_default_workers)
    """The workers by name. The default is one, `celery`, on the default queue."""
    celery_beat: bool = True
    """Whether beat runs, on one host."""
    celery_beat_host: str = ""
    """The host of beat. Empty: the first host of a worker, in the order of the inventory."""
    celery_command: Literal["celery", "django-celery"] = "celery"
    """How Celery is started: `celery worker`, or `python manage.py celeryd -E`, as django-celery has it (Celery 3.1).
    In plain mode that takes the settings that manage.py names, unless app_environment is set."""
    celery_log_file: str = ""
    """Plain mode: the path of the worker's log, kept to the letter. Empty: a file of its own in the app's `logs/`."""
    celery_log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    """What workers and beat write into their logs, and what is graver."""
    celery_prefetch: Literal["auto", "none", "one"] = "auto"
    """How many messages a worker keeps besides those it works on. `none`: --disable-prefetch (Celery 5.6 and newer, on
    Redis). `one`: a prefetch multiplier of 1, for other brokers. `auto`: none, where the project's Celery knows it."""
    celery_version: str = ""
    """The Celery of the project. Empty: what its requirements pin, else the newest."""
    celery_patience: int = 60
    """Seconds that new workers have for their first answer to a ping."""

    @property
    def is_django_celery(self) -> bool:
        return self.celery_command == "django-celery"

    @property
    def application(self) -> str:
        """What a process of the release finds the application by."""
        return self.celery_app or django_celery.APPLICATION

    def objections(self) -> Iterator[Objection]:
        """What types do not say."""
        if self.celery_app.startswith("-") or not (self.celery_app or self.is_django_celery):
            yield Objection("celery_app", "must name the Celery application: shop, or shop.celery:app")
        yield from objections_to_log_file(self.app, "celery_log_file", self.celery_log_file)
        if self.celery_patience < 1:
            yield Objection("celery_patience", "must be at least 1")
        for name, worker in self.celery_workers.items():
            for reason in _objections_to(name, worker):
                yield Objection("celery_workers", reason)


def resources(celery: CelerySettings) -> Iterator[Resource | Entry]:
    """Nothing that is not a release's own; what would only fail in the middle of a deploy is refused here."""
    if celery.celery_log_file and len(celery.celery_workers) > 1:
        raise ConfigurationError(
            f"celery_log_file is one file, and these workers would all write and rotate it: "
            f"{', '.join(celery.celery_workers)}",
            hint="take celery_log_file out: each worker then has a log of its own in the app's logs/",
            host=celery.app.host,
        )
    yield from ()


def programs(celery: CelerySettings, generation: Generation) -> Iterator[Process]:
    """The workers of this host, and beat where this is its host; `placed` has decided which those are."""
    for name, worker in celery.celery_workers.items():
        yield _worker(celery, generation, name, worker)
    if celery.celery_beat and celery.celery_beat_host in ("", celery.app.host):
        yield Process(
            _beat(celery, generation),
            part=BEAT,
            kind="beat",
            name="beat",
            overlaps=False,
            in_place=generation.in_place,
            foundations=generation.foundations,
        )


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
    # A run without a deploy needs none of these.
    from backline.resources.actions.celery_ping import CeleryPing
    from backline.resources.actions.celery_queues import CancelQueues, ResumeQueues

    release, socket, user = generation.release, celery.supervisor.socket, generation.app.user
    how = (release.launcher, release.interpreter, release.directory, celery.application)
    node = django_celery.node_name(generation, name) if celery.is_django_celery else generation.node_name(name)
    nodes = ((node, generation.worker_program_name(name)),)
    queues = ((node, worker.queues),)
    make = _django_celery_program if celery.is_django_celery else _worker_program
    return Process(
        program=make(celery, generation, name, worker),
        part=WORKERS,
        kind="celery",
        name=name,
        gate=CeleryPing(*how, nodes, supervisor_socket=socket, patience=celery.celery_patience, user=user),
        release_work=CancelQueues(*how, nodes, supervisor_socket=socket, user=user),
        resume_work=ResumeQueues(*how, queues, programs=nodes, supervisor_socket=socket, user=user),
        overlaps=worker.overlap,
        in_place=generation.in_place,
        foundations=generation.foundations,
    )


def _worker_program(celery: CelerySettings, generation: Generation, name: str, worker: CeleryWorker) -> Program:
    program = generation.worker_program_name(name)
    return Program(
        name=program,
        command=(
            *_celery(celery, generation),
            "worker",
            *_worker_arguments(celery, generation.node_name(name), worker),
        ),
        directory=generation.directory,
        log_file=celery.celery_log_file or generation.log_file(program),
        user=generation.app.user,
        environment=generation.environment,
        patience=_patience(worker),
        start_seconds=10,
    )


def _django_celery_program(celery: CelerySettings, generation: Generation, name: str, worker: CeleryWorker) -> Program:
    """In plain mode its file says what people have written by hand since 2011, and besides how it is stopped."""
    plain = _worker_program(celery, generation, name, worker)
    return replace(
        plain,
        command=django_celery.worker_command(celery, generation, name, worker),
        environment=django_celery.environment(generation),
        start_seconds=None if generation.in_place else plain.start_seconds,
        priority=None if generation.in_place else plain.priority,
    )


def _patience(worker: CeleryWorker) -> int:
    """How long a stopping worker may take, in seconds."""
    return worker.hard_time_limit + STOP_MARGIN if worker.hard_time_limit else LONGEST_TASK


def _worker_arguments(celery: CelerySettings, node: str, worker: CeleryWorker) -> tuple[str, ...]:
    return (
        *("-n", node),
        *("-l", celery.celery_log_level),
        *("-c", str(worker.concurrency or USUAL_CONCURRENCY)),
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
    schedule = f"{generation.app.shared}/celerybeat-schedule"
    program = Program(
        name=generation.program_name("beat"),
        command=(*_celery(celery, generation), "beat", "-l", celery.celery_log_level, "-s", schedule),
        directory=generation.directory,
        log_file=generation.log_file(generation.program_name("beat")),
        user=generation.app.user,
        environment=generation.environment,
        start_seconds=5,
    )
    if not celery.is_django_celery:
        return program
    command = django_celery.beat_command(celery, generation, schedule)
    return replace(program, command=command, environment=django_celery.environment(generation))


def _celery(celery: CelerySettings, generation: Generation) -> tuple[str, ...]:
    return (*generation.words("celery"), "-A", celery.celery_app)


def _objections_to(name: str, worker: CeleryWorker) -> Iterator[str]:
    """What is wrong with one worker, in words that name it."""
    if not _WORKER_NAME.fullmatch(name):
        yield f'"{name}" cannot be the name of a worker: use small letters, digits, dashes and underscores'
    if name in _RESERVED_NAMES:
        yield f"{name} is the name of another program; call the worker differently"
    if worker.concurrency < 0:
        yield f"concurrency of {name} must be at least 1, or 0 for the usual"
    if min(worker.soft_time_limit, worker.hard_time_limit) < 0:
        yield f"the time limits of {name} must be seconds, or 0 for none"
    if 0 < worker.hard_time_limit < worker.soft_time_limit:
        yield f"soft_time_limit of {name} must be below its hard_time_limit, else it never comes"
    for queue in worker.queues:
        if not queue or "," in queue or queue != queue.strip():
            yield f'"{queue}" of {name} cannot be the name of a queue'
