"""A shop that does little: no Django, one page, and Celery without tasks. For what a deploy does with any project."""

from __future__ import annotations

import shutil

from tests.host.deploy.project import Project

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
    found = environment["PATH_INFO"] == "/"
    start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/plain")])
    return [b"tea" if found else b"no such page"]
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
LITTLE_WORK = {"default": {"queues": ["default"], "concurrency": 1}}
"""`celery_workers` for it."""


def put_small_shop(project: Project) -> None:
    """Let the project have it in the example's place, and commit that."""
    lock = (project.shop / "requirements.txt").read_text().splitlines()
    shutil.rmtree(project.shop)
    for name, text in FILES.items():
        (project.shop / name).parent.mkdir(parents=True, exist_ok=True)
        (project.shop / name).write_text(text)
    kept = [line for line in lock if not line.startswith((*OF_DJANGO, " "))]
    (project.shop / "requirements.txt").write_text("\n".join(kept) + "\n")
    project.commit("a shop that does little")
