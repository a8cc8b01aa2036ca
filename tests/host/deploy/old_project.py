"""A project of 2013 as it still runs somewhere: django-celery with Celery 3.1 and Django 1.11, under Python 2.7.

Its tasks leave one line each in a file; the database that django-celery keeps results in lies there too."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.host.deploy.project import CHECKOUT, Project

MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "old.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""

SETTINGS = """\
import os

import djcelery

djcelery.setup_loader()

SECRET_KEY = "only for a test"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "djcelery", "old"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(os.environ["COUNTS"], "results.sqlite3"),
        "OPTIONS": {"timeout": 60},
    }
}
BROKER_URL = os.environ["BROKER_URL"]
CELERY_RESULT_BACKEND = "djcelery.backends.database:DatabaseBackend"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
"""

TASKS = """\
import os
import time

from celery import task


def note(word, number):
    path = os.path.join(os.environ["COUNTS"], "runs")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, ("%s %d\\n" % (word, number)).encode("ascii"))
    os.close(descriptor)


@task
def answer(number):
    return number * 2


@task(ignore_result=True)
def count(number, seconds):
    note("begin", number)
    time.sleep(seconds)
    note("end", number)
"""

ASK = """\
from __future__ import print_function

from django.core.management.base import BaseCommand

from old.tasks import answer


class Command(BaseCommand):
    def handle(self, *args, **options):
        print("the worker says", answer.delay(21).get(timeout=60))
"""

STREAM = """\
import time

from django.core.management.base import BaseCommand

from old.tasks import count


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("number", type=int)

    def handle(self, *args, **options):
        for number in range(options["number"]):
            count.delay(number, 3.0 if number % 20 == 10 else 0.02)
            time.sleep(0.05)
"""

REQUIREMENTS = """\
Django==1.11.29
django-celery==3.3.1
celery==3.1.26.post2
kombu==3.0.37
billiard==3.3.0.23
amqp==1.4.9
anyjson==0.3.3
redis==2.10.6
pytz==2018.9
"""

HOST = """\
ansible_host: sandbox.invalid
backline_unreachable_hint: "the sandbox is not up; start it with: inv sandbox.up"
backline_rootless: true
backline_roles: [redis, celery]

app_name: app_name
app_source: project
app_python: "{python}"
django_settings_module: old.settings
app_collectstatic: false
app_shared_paths: [django_logs]
app_environment:
  COUNTS: "{counts}"
  BROKER_URL: "redis+socket://{{{{ redis_socket }}}}"

supervisor_naming: plain
celery_command: django-celery
celery_beat: false
app_virtualenv: "{{{{ ansible_user_dir }}}}/to/env"
app_directory: "{{{{ ansible_user_dir }}}}/to/app/"
celery_log_file: "{{{{ ansible_user_dir }}}}/to/app/django_logs/celeryd.log"
"""


@dataclass(frozen=True)
class OldProject:
    """The project, and the folder in which its tasks count themselves."""

    project: Project
    counts: Path

    def times(self, word: str) -> Counter[int]:
        """Task → how often it began, or ended."""
        path = self.counts / "runs"
        lines = path.read_text().splitlines() if path.exists() else []
        return Counter(int(line.split()[1]) for line in lines if line.startswith(word))


def make_old_project(folder: Path, python: Path, environment: dict[str, str]) -> OldProject:
    """The first commit of a repository of its own, and an inventory for the sandbox."""
    counts = folder / "counts"
    package = folder / "project" / "old"
    commands = package / "management" / "commands"
    inventory = folder / "inventory"
    for directory in (counts, commands, inventory / "host_vars" / "sandbox"):
        directory.mkdir(parents=True)
    for directory in (package, package / "management", commands):
        (directory / "__init__.py").touch()
    files = {
        folder / ".gitignore": ".backline/\nconnection.yml\ncounts/\n",
        folder / "project" / "manage.py": MANAGE,
        folder / "project" / "requirements.txt": REQUIREMENTS,
        package / "settings.py": SETTINGS,
        package / "tasks.py": TASKS,
        commands / "ask.py": ASK,
        commands / "stream.py": STREAM,
        inventory / "hosts.yml": "all:\n  hosts:\n    sandbox:\n",
        inventory / "host_vars" / "sandbox" / "main.yml": HOST.format(python=python, counts=counts),
    }
    for path, text in files.items():
        path.write_text(text)
    shutil.copy(CHECKOUT / "tasks.py", folder / "tasks.py")
    project = Project(folder, "sandbox", environment)
    project.git("init", "--quiet", "--initial-branch", "main")
    project.commit("begin")
    return OldProject(project, counts)


def found_python(name: str) -> Path | None:
    """A Python of this name that runs: of the system, or one that pyenv keeps."""
    candidates = [shutil.which(name)]
    if shutil.which("pyenv"):
        whence = subprocess.run(["pyenv", "whence", "--path", name], capture_output=True, text=True, check=False)
        candidates += whence.stdout.split()
    for path in filter(None, candidates):
        asked = subprocess.run([path, "-c", "import ssl, sqlite3"], capture_output=True, check=False)
        if asked.returncode == 0:
            return Path(path)
    return None


def copied_python(python: Path, folder: Path) -> Path:
    """The same where everybody can execute it, for it may lie in somebody's home; returns the interpreter."""
    asked = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    prefix = Path(asked.stdout.strip())
    if prefix == Path("/usr"):
        return python
    needless = shutil.ignore_patterns("test", "tests", "share", "site-packages", "*.a", "*.pyc")
    shutil.copytree(prefix, folder, symlinks=True, ignore=needless)
    for path in (folder, *folder.parents):
        if path.stat().st_uid != 0 or path.stat().st_mode & 0o005 != 0o005:
            path.chmod(path.stat().st_mode | 0o055)
        if path == Path("/tmp"):
            break
    return folder / "bin" / python.name
