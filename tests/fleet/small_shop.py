"""A project that does little and waits where it is told to: its steps can be held open on the host, each by a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.fleet.connecting import DEPLOY, lab_project
from tests.host.deploy.project import Project
from tests.lab.host import Host

BROKER = "redis://127.0.0.1:6379/0"
ENVIRONMENT = {"DJANGO_SECRET_KEY": "only-for-the-lab-2mQ8xTz0RkWc7LbN4yHj9Es6Ua1GdPf35v", "CELERY_BROKER_URL": BROKER}
HOLDING = '''"""Waits as long as somebody holds this."""
import os
import time


def wait(what):
    while os.path.exists("/tmp/hold-" + what):
        time.sleep(0.05)
'''
MANAGE = """import sys

from shop.holding import wait

print(*sys.argv[1:], flush=True)
wait(sys.argv[1])
"""
WSGI = """from shop.holding import wait

wait("web")


def application(environment, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"tea"]
"""
CELERY = """import os
import sys

from celery import Celery
from shop.holding import wait

wait("worker" if "worker" in sys.argv else "control")
app = Celery("shop", broker=os.environ["CELERY_BROKER_URL"])
"""
FILES = {
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": "",
    "shop/holding.py": HOLDING,
    "shop/wsgi.py": WSGI,
    "shop/celery.py": CELERY,
}
OF_DJANGO = ("django==", "asgiref==", "sqlparse==")


def small_shop(folder: Path, host: Host, **variables: object) -> Project:
    """The project, for a host on which a user becomes root, as the host's own services run it."""
    usual: Mapping[str, object] = {
        "ansible_become": True,
        "backline_unreachable_hint": "",
        "backline_rootless": False,
        "web_hostnames": [host.address],
        "app_environment": ENVIRONMENT,
        "app_trial_seconds": 0,
        "celery_workers": {"default": {"queues": ["default"], "concurrency": 1}},
        "celery_beat": False,
    }
    project = lab_project(folder, [host], DEPLOY, **{**usual, **variables})
    lock = (project.shop / "requirements.txt").read_text().splitlines()
    shutil.rmtree(project.shop)
    for name, text in FILES.items():
        (project.shop / name).parent.mkdir(parents=True, exist_ok=True)
        (project.shop / name).write_text(text)
    kept = [line for line in lock if not line.startswith((*OF_DJANGO, " "))]
    (project.shop / "requirements.txt").write_text("\n".join(kept) + "\n")
    project.commit("a shop that does little")
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
