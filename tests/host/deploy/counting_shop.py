"""The shop, changed so that every task, every tick of beat and every slow request leaves one line of what it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.host.deploy.project import Project

COUNTED = '''"""Tasks that count themselves, and one in each queue that only this release knows."""

import atexit
import os
import time

from celery import shared_task
from celery.signals import before_task_publish, beat_init
from django.conf import settings

FOLDER = os.environ["SHOP_COUNTS"]


def note(file, *words):
    """One line, whole, behind whatever others write at the same time."""
    line = " ".join(str(word) for word in words) + "\\n"
    descriptor = os.open(os.path.join(FOLDER, file), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def pass_through(seconds, door):
    """Takes so long, and then until somebody opens the door."""
    time.sleep(seconds)
    deadline = time.monotonic() + 120
    while door and not os.path.exists(os.path.join(FOLDER, door)):
        if time.monotonic() > deadline:
            raise TimeoutError(door)
        time.sleep(0.05)


def work(task, seconds, door):
    who = task.request.id, settings.RELEASE, task.request.hostname, os.getpid(), os.getppid()
    note("runs", "begin", *who, time.time())
    pass_through(seconds, door)
    note("runs", "end", *who, time.time())


@shared_task(bind=True, ignore_result=True, name="shop.tasks.count")
def count(self, seconds, door):
    work(self, seconds, door)


@shared_task(bind=True, ignore_result=True, name="shop.tasks.mail_count")
def mail_count(self, seconds, door):
    work(self, seconds, door)


@shared_task(bind=True, ignore_result=True, name="shop.tasks.{only}")
def only(self, seconds, door):
    work(self, seconds, door)


@shared_task(bind=True, ignore_result=True, name="shop.tasks.mail_{only}")
def mail_only(self, seconds, door):
    work(self, seconds, door)


@shared_task(bind=True, ignore_result=True, name="shop.tasks.tick")
def tick(self):
    work(self, 0, "")


@beat_init.connect
def beat_begins(**_):
    note("beats", "begin", os.getpid(), settings.RELEASE)
    atexit.register(note, "beats", "end", os.getpid(), settings.RELEASE)


@before_task_publish.connect
def published(sender=None, headers=None, **_):
    if sender == tick.name:
        note("beats", "tick", os.getpid(), headers["id"])
'''

COUNTED_VIEWS = '''"""Sends the tasks that count themselves, and answers slowly where that is asked for."""

import time

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shop import counted


@csrf_exempt
@require_POST
def send(request):
    """Any release but `unless` sends the task that it alone knows; without `unless`, everybody's task."""
    asked = request.POST
    alone = asked["unless"] not in ("", settings.RELEASE)
    known = {"default": counted.only, "mail": counted.mail_only}
    shared = {"default": counted.count, "mail": counted.mail_count}
    task = (known if alone else shared)[asked["queue"]]
    at = time.time()
    sent = task.delay(float(asked["seconds"]), asked["door"])
    counted.note("sent", sent.id, at)
    return JsonResponse({"release": settings.RELEASE, "task": task.name, "id": sent.id})


@csrf_exempt
@require_POST
def slow(request):
    counted.pass_through(float(request.POST["seconds"]), request.POST["door"])
    return JsonResponse({"release": settings.RELEASE})
'''

ADDRESSES = """
from shop import counted_views

urlpatterns += [path("send/", counted_views.send), path("slow/", counted_views.slow)]
"""

SETTINGS = """
CELERY_BEAT_SCHEDULE["tick"] = {"task": "shop.tasks.tick", "schedule": 1.0}
"""


@dataclass(frozen=True)
class Run:
    """One line of a task: `word` is begin or end; `pid` ran it, `worker` is its parent; `at` is in seconds
    since the epoch."""

    word: str
    task: str
    release: str
    node: str
    pid: int
    worker: int
    at: float


@dataclass(frozen=True)
class BeatLine:
    """What a beat process did: `word` is begin, tick or end; `what` is the release, or the id of the task sent."""

    word: str
    pid: int
    what: str


@dataclass(frozen=True)
class Counts:
    """The folder in which everything that counts itself leaves its lines."""

    folder: Path

    def runs(self) -> tuple[Run, ...]:
        return tuple(
            Run(word, task, release, node, int(pid), int(worker), float(at))
            for word, task, release, node, pid, worker, at in self._lines("runs")
        )

    def begun(self, tasks: frozenset[str]) -> bool:
        """Whether each of these tasks has been begun."""
        return tasks <= {run.task for run in self.runs()}

    def ended(self, tasks: frozenset[str]) -> bool:
        """Whether each of these tasks has ended."""
        return tasks <= {run.task for run in self.runs() if run.word == "end"}

    def times(self, word: str) -> Counter[str]:
        """Task → how often it began, or ended."""
        return Counter(run.task for run in self.runs() if run.word == word)

    def beats(self) -> tuple[BeatLine, ...]:
        return tuple(BeatLine(word, int(pid), what) for word, pid, what in self._lines("beats"))

    def sent(self) -> dict[str, float]:
        """Task → when the site sent it, by the site's own line: also where nobody got its answer."""
        return {task: float(at) for task, at in self._lines("sent")}

    def ticks(self) -> frozenset[str]:
        """The tasks that beat sent."""
        return frozenset(line.what for line in self.beats() if line.word == "tick")

    def open_door(self, door: str) -> None:
        """Let those pass who wait for it."""
        (self.folder / door).touch()

    def _lines(self, name: str) -> tuple[list[str], ...]:
        file = self.folder / name
        return tuple(line.split() for line in file.read_text().splitlines()) if file.exists() else ()


def make_counting(project: Project, only: str) -> Counts:
    """Commit the shop that counts, knowing the task `only`; returns where its lines are found."""
    counts = Counts(project.folder / ".backline" / "counts")
    counts.folder.mkdir(parents=True, exist_ok=True)
    variables = project.folder / "inventory" / "host_vars" / project.host / "main.yml"
    append(variables, f'  SHOP_COUNTS: "{counts.folder}"\n')
    package = project.shop / "shop"
    (package / "counted_views.py").write_text(COUNTED_VIEWS)
    append(package / "urls.py", ADDRESSES)
    append(package / "settings.py", SETTINGS)
    append(package / "tasks.py", "\n\nfrom shop import counted  # noqa: E402, F401\n")
    know_only(project, only)
    project.set_for_all(app_trial_seconds=6)  # as people have it, since requests and tasks are counted
    return counts


def know_only(project: Project, only: str) -> None:
    """Commit that the release knows the task `only`, and no longer the one it knew before; its style changes too."""
    append(project.shop / "shop" / "static" / "shop" / "shop.css", f"\n/* {only} */\n")
    project.change("shop/counted.py", COUNTED.replace("{only}", only))


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)
