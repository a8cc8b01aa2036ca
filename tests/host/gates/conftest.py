"""A small site whose processes run under a real supervisord, with a real broker."""

from __future__ import annotations

import itertools
import os
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.resources.actions.celery_ping import CeleryPing
from backline.resources.program import Program
from tests.host.servers import Broker, SiteVirtualenv, broker, site_virtualenv
from tests.host.supervisor.conftest import Folder, Listener, daemon, eventually, folder, listener, machine

__all__ = ["broker", "daemon", "folder", "listener", "machine", "site_virtualenv"]

LAUNCHER = """\
#!/bin/sh
export BROKER="{broker}"
exec 9<"{directory}/.backline/release.json"
exec "$@"
"""

CELERY = '''
"""The site's Celery application."""
import os, time
from celery import Celery

app = Celery("shop", broker=os.environ["BROKER"], include=["shop.tasks"])
app.conf.update(
    task_default_queue="default", worker_disable_prefetch=True, broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_timeout": 5},
)
'''

TASKS = '''
"""Leaves a line for each task that begins and each that ends."""
import os, time
from shop.celery import app

def note(word, number):
    with open("journal", "a") as file:
        file.write("%s %s %s\\n" % (word, number, os.environ.get("NODE", "")))

@app.task
def pack(number, gate=""):
    note("began", number)
    while gate and not os.path.exists(gate):
        time.sleep(0.02)
    note("ended", number)
'''


@dataclass(frozen=True)
class Site:
    """A project in a release directory, with its launcher; `daemon` runs its programs."""

    daemon: Folder
    machine: Machine
    directory: Path
    virtualenv: SiteVirtualenv
    broker_url: str

    @property
    def launcher(self) -> str:
        return str(self.directory / ".backline" / "run")

    @property
    def how(self) -> tuple[str, str, str, str]:
        """What every Celery action begins with."""
        return self.launcher, self.virtualenv.python, str(self.directory), "shop.celery:app"

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def write_launcher(self) -> None:
        self.write(".backline/release.json", "{}")
        self.write(".backline/run", LAUNCHER.format(directory=self.directory, broker=self.broker_url))
        os.chmod(self.launcher, 0o755)

    def worker(
        self, name: str, queues: str = "default", pool: str = "threads", options: tuple[str, ...] = ()
    ) -> Program:
        """A worker of one slot whose node is `NAME@here`."""
        return self.daemon.program(
            name,
            *(self.launcher, "/usr/bin/env", f"NODE={name}", self.virtualenv.executable("celery")),
            *("-A", "shop.celery:app", "worker", "-n", f"{name}@here", "-c", "1", "-Q", queues, "-l", "info"),
            *("-P", pool, "--without-mingle", "--without-gossip"),
            directory=str(self.directory),
            start_seconds=10,
        )

    def begin(self, program: Program) -> None:
        """Have Supervisor run it, without waiting."""
        from backline.resources.program_files import write_programs

        write_programs(self.machine, self.daemon.include, (program,))
        self.daemon.supervisor.reload_configuration()
        self.daemon.supervisor.add(program.name)

    def ping(self, *names: str, patience: float = 120.0) -> CeleryPing:
        nodes = tuple((f"{name}@here", name) for name in names)
        return CeleryPing(*self.how, nodes, self.daemon.socket, patience)

    def send(self, *numbers: int, gate: str = "", queue: str = "default") -> None:
        """Have the site send tasks, as a release's own process does."""
        script = f"from shop.tasks import pack\nfor n in {numbers!r}: pack.apply_async((n, {gate!r}), queue={queue!r})"
        done = self.machine.run((self.launcher, self.virtualenv.python, "-c", script), directory=str(self.directory))
        assert done.code == 0, done.output

    def journal(self) -> list[str]:
        """What the tasks noted: `began 1 shop-old`."""
        path = self.directory / "journal"
        return path.read_text().splitlines() if path.exists() else []

    def await_note(self, note: str) -> None:
        eventually(self.machine, lambda: note in self.journal())


_databases = itertools.count(1)


@pytest.fixture
def site(daemon: Folder, machine: Machine, site_virtualenv: SiteVirtualenv, broker: Broker) -> Site:
    """The project, with a database of the broker for itself."""
    directory = daemon.root / "releases" / "1"
    site = Site(daemon, machine, directory, site_virtualenv, broker.url(next(_databases)))
    site.write_launcher()
    site.write("shop/__init__.py", "")
    site.write("shop/celery.py", CELERY)
    site.write("shop/tasks.py", TASKS)
    return site


def told(listener: Listener) -> list[str]:
    """The notes that the person who watches has seen."""
    return [event.text for event in listener.events]
