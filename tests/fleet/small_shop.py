"""A project that does little and waits where it is told to: its steps can be held open on the host, each by a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.fleet.connecting import DEPLOY, lab_project
from tests.host.deploy.project import Project
from tests.host.deploy.small_shop import LITTLE_WORK, put_small_shop
from tests.lab.host import Host

BROKER = "redis://127.0.0.1:6379/0"
ENVIRONMENT = {"DJANGO_SECRET_KEY": "only-for-the-lab-2mQ8xTz0RkWc7LbN4yHj9Es6Ua1GdPf35v", "CELERY_BROKER_URL": BROKER}


def small_shop(folder: Path, host: Host, **variables: object) -> Project:
    """The project, for a host on which a user becomes root, as the host's own services run it."""
    usual: Mapping[str, object] = {
        "ansible_become": True,
        "backline_unreachable_hint": "",
        "backline_rootless": False,
        "web_hostnames": [host.address],
        "app_environment": ENVIRONMENT,
        "app_trial_seconds": 0,
        "celery_workers": LITTLE_WORK,
        "celery_beat": False,
    }
    project = lab_project(folder, [host], DEPLOY, **{**usual, **variables})
    put_small_shop(project)
    return project


@contextmanager
def held(host: Host, what: str) -> Iterator[None]:
    """Whatever waits for this on the host, waits during the block: a command of manage.py, `worker`, `web`, or
    `control`, which is what speaks to workers."""
    place = host.root / f"tmp/hold-{what}"
    place.write_text("")
    try:
        yield
    finally:
        place.unlink()
