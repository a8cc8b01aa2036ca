"""Moments of a deploy before its switch, each held open long enough to cut it off there."""

from __future__ import annotations

import json

from tests.host.deploy.cutting import Deploy, SandboxHost, eventually
from tests.host.deploy.project import Project

SLOW_MIGRATION = """
import time
from django.db import migrations

def wait(apps, schema_editor):
    print("the slow one has begun", flush=True)
    time.sleep(600)

class Migration(migrations.Migration):
    dependencies = [("shop", "0002_first_products")]
    operations = [migrations.RunPython(wait)]
"""
SLOW_MANAGE = """
import sys, time
if "migrate" in sys.argv:
    print("the slow one has begun", flush=True)
    time.sleep(600)
"""
SLOW_CHECK = """
import sys, time
if "check" in sys.argv:
    time.sleep(600)
"""
SLOW_WORKER = """
import sys, time
if "worker" in sys.argv:
    time.sleep(600)
"""


def building(project: Project, host: SandboxHost) -> Deploy:
    """A virtualenv is being built, for a lock that no other release has."""
    lock = project.shop / "requirements.txt"
    project.change("requirements.txt", f"{lock.read_text()}# as of r{next_number(project)}\n")
    deploy = Deploy(project)
    deploy.until("build virtualenv")
    eventually(lambda: host.command("venv") or host.command("pip"))
    return deploy


def checking(project: Project, host: SandboxHost) -> Deploy:
    project.change("shop/settings.py", (project.shop / "shop/settings.py").read_text() + SLOW_CHECK)
    deploy = Deploy(project)
    deploy.until("check")
    eventually(lambda: host.command("manage.py", "check"))
    return deploy


def migrating(project: Project, host: SandboxHost) -> Deploy:
    project.change("shop/migrations/0003_slow.py", SLOW_MIGRATION)
    deploy = Deploy(project)
    deploy.until("migrate")
    eventually(lambda: host.command("manage.py", "migrate"))
    return deploy


def about_to_migrate(project: Project, host: SandboxHost) -> Deploy:
    """As `migrating`, whatever the project is: its manage.py waits first."""
    project.change("manage.py", SLOW_MANAGE + (project.shop / "manage.py").read_text())
    deploy = Deploy(project)
    deploy.until("migrate")
    eventually(lambda: host.command("manage.py", "migrate"))
    return deploy


def waiting_for_workers(project: Project, host: SandboxHost) -> Deploy:
    """New workers run and answer nothing yet."""
    project.change("shop/celery.py", (project.shop / "shop/celery.py").read_text() + SLOW_WORKER)
    number = next_number(project)
    deploy = Deploy(project)
    deploy.until("start workers")
    eventually(lambda: f"shop-celery-default-r{number}" in pids(host))
    return deploy


def pids(host: SandboxHost) -> dict[str, int]:
    found = host.serving()["pids"]
    assert isinstance(found, dict)
    return found


def live_number(project: Project) -> int:
    """The release that serves, by the record of it."""
    return int(json.loads((SandboxHost(project).state / "live.json").read_text())["release"])


def next_number(project: Project) -> int:
    """The number after the highest that was ever used."""
    return 1 + int((SandboxHost(project).state / "highest").read_text())
