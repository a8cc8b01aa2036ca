"""django-celery, for Django up to 1.11: workers and beat by manage.py, as its users have written it since 2011.

A part of the role celery, for `celery_command: django-celery`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backline.resources.secret import Secret
from backline.settings.app import Generation

if TYPE_CHECKING:
    from backline.roles.celery import CelerySettings, CeleryWorker

APPLICATION = "djcelery.app"
"""The Celery application of a project that makes none of its own."""

DEFAULT_WORKER = "celery"
"""What Celery itself calls a worker that it is told no name for."""


def worker_command(celery: CelerySettings, generation: Generation, name: str, worker: CeleryWorker) -> tuple[str, ...]:
    """`python manage.py celeryd -E -l info`, and what the worker's own settings say besides."""
    return (
        *(*generation.words("python"), "manage.py", "celeryd", "-E", "-l", celery.celery_log_level),
        *(() if _is_unnamed(generation, name) else ("-n", node_name(generation, name))),
        *(("-c", str(worker.concurrency)) if worker.concurrency else ()),
        *(("-P", worker.pool) if worker.pool != "prefork" else ()),
        *(("-Q", ",".join(worker.queues)) if worker.queues else ()),
        *(("--soft-time-limit", str(worker.soft_time_limit)) if worker.soft_time_limit else ()),
        *(("--time-limit", str(worker.hard_time_limit)) if worker.hard_time_limit else ()),
        *worker.options,
    )


def beat_command(celery: CelerySettings, generation: Generation, schedule: str) -> tuple[str, ...]:
    """Without a pid file, which it would write into the release."""
    words = generation.words("python")
    return (*words, "manage.py", "celerybeat", "-l", celery.celery_log_level, "-s", schedule, "--pidfile=")


def node_name(generation: Generation, worker: str) -> str:
    """What a worker answers to: in plain mode the one that is called `celery` takes the name that Celery gives it."""
    if _is_unnamed(generation, worker):
        return f"{DEFAULT_WORKER}@{generation.app.hostname}"
    return generation.node_name(worker)


def environment(generation: Generation) -> Mapping[str, str | Secret]:
    """In plain mode nothing where nothing is set: manage.py names the settings, and the block stays as it was."""
    if generation.in_place and not generation.app.environment:
        return {}
    return generation.environment


def _is_unnamed(generation: Generation, worker: str) -> bool:
    return generation.in_place and worker == DEFAULT_WORKER
