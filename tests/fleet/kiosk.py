"""A project of a few bytes for a lab host: one program, its own role, wheels on the host; quickly deployed."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fleet.connecting import ROOT, inventory_variables
from tests.host.deploy.cutting import eventually_nothing
from tests.host.deploy.project import CHECKOUT, Project
from tests.host.tiny_wheels import make_wheel
from tests.lab.host import Host
from tests.lab.lab import Lab

WHEELS = "opt/wheels"
REQUIREMENTS = f"--no-index\n--find-links /{WHEELS}\ntiny==1.0\n"
MANAGE = """\
import sys

if sys.argv[1:2] == ["migrate"]:
    print("Applying nothing... OK")
"""
TICKER = """\
import time

print("the kiosk is open", flush=True)
while True:
    time.sleep(3600)
"""
ROLE = '''\
"""kiosk: one program that says that it is open."""

from backline.resources.actions.log_says import LogSays
from backline.resources.process import WORKERS, Process
from backline.resources.program import Program
from backline.settings.settings import Settings

BRINGS = ("app", "virtualenv", "supervisor")


class KioskSettings(Settings):
    """It has none."""


def resources(kiosk):
    """Nothing that is not a release's own."""
    yield from ()


def programs(kiosk, generation):
    """The one of a generation."""
    name = generation.program_name("open")
    log = generation.log_file(name)
    program = Program(
        name,
        command=(*generation.words("python"), "ticker.py"),
        directory=generation.directory,
        log_file=log,
        user=generation.app.user,
        environment=generation.environment,
        patience=5,
        start_seconds=1,
    )
    gate = LogSays(name, kiosk.supervisor.socket, log, program.directory, "the kiosk is open", 30)
    yield Process(program, part=WORKERS, kind="kiosk", name="open", gate=gate)
'''
VARIABLES = {
    "app_name": "kiosk",
    "app_source": "app",
    "django_settings_module": "kiosk.settings",
    "app_check": False,
    "app_collectstatic": False,
    "app_trial_seconds": 0,
    "backline_rootless": False,
    "backline_roles": ["kiosk"],
}


def kiosk_project(folder: Path, hosts: tuple[Host, ...], user: str = ROOT, **more: object) -> Project:
    """A work tree with the kiosk in `app/`, and an inventory of these hosts."""
    project = Project(folder, "all")
    shutil.copy(CHECKOUT / "tasks.py", folder / "tasks.py")
    files = {
        ".gitignore": ".backline/\n__pycache__/\n",
        "roles/kiosk.py": ROLE,
        "app/manage.py": MANAGE,
        "app/ticker.py": TICKER,
        "app/requirements.txt": REQUIREMENTS,
        "inventory/hosts.yml": json.dumps({"all": {"hosts": dict.fromkeys(host.name for host in hosts)}}),
        "inventory/group_vars/all.yml": "".join(
            f"{name}: {json.dumps(value)}\n" for name, value in {**VARIABLES, **more}.items()
        ),
    }
    for host in hosts:
        variables = inventory_variables(host, user)
        files[f"inventory/host_vars/{host.name}.yml"] = "".join(
            f"{name}: {json.dumps(value)}\n" for name, value in variables.items()
        )
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    project.git("init", "--quiet", "--initial-branch", "main")
    project.commit("begin")
    return project


def furnish(host: Host) -> None:
    """Give a host the wheels, and this machine's uv."""
    folder = host.root / WHEELS
    folder.mkdir(exist_ok=True)
    make_wheel(folder, "tiny")
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    assert uv, "uv is one of the packages that the tests need"
    shutil.copy(uv, host.root / "usr/local/bin/uv")


@dataclass(frozen=True)
class Kiosk:
    """The project on its one host."""

    host: Host
    project: Project

    @property
    def shop(self) -> Path:
        """The folder of what is deployed."""
        return self.project.folder / "app"

    def change(self, path: str, text: str) -> None:
        """Write a file of the app, and commit."""
        (self.shop / path).write_text(text)
        self.project.commit(f"change {path}")

    def another(self) -> None:
        """Commit a change that matters to nothing."""
        self.change("note.txt", f"{time.monotonic_ns()}\n")

    def shell(self, line: str) -> str:
        return self.host.execute("sh", "-c", line).stdout

    @contextmanager
    def filled(self, folder: str, left: int = 0) -> Iterator[None]:
        """No more than `left` bytes, a multiple of a page, are free on the file system of a folder."""
        self.shell(f"dd if=/dev/zero of={folder}/fill bs=4k 2>/dev/null; truncate -s -{left} {folder}/fill")
        try:
            yield
        finally:
            self.shell(f"rm {folder}/fill")

    @contextmanager
    def read_only(self, folder: str) -> Iterator[None]:
        """Whoever opens something below it from now on finds it read-only."""
        self.shell(f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}")
        try:
            yield
        finally:
            self.shell(f"umount {folder}")

    def serving(self) -> dict[str, str]:
        """What must stay as it is: processes, links, records, Supervisor's files, virtualenvs."""
        live = json.loads(self.shell("cat /srv/kiosk/.backline/live.json"))
        return {
            "pids": self.shell(f"supervisorctl pid {' '.join(live['programs'])}"),
            "links": self.shell("readlink /srv/kiosk/current"),
            "records": self.shell("cd /srv/kiosk/.backline && cat live.json good.json"),
            "files": self.shell("cd /etc/supervisor/conf.d && grep -r . . | grep -v fill"),
            "virtualenvs": self.shell("ls -A /srv/kiosk/venvs"),
        }

    def left(self) -> list[str]:
        """What no run may leave: half of something, an upload, an agent, a lock that is held."""
        half = self.shell("find /srv/kiosk /etc/supervisor -name '.*.new' -o -name '.*.link' -o -name '.*.building'")
        sent = self.shell("find /srv/kiosk/.backline/incoming -type f 2>/dev/null || true")
        lock = self.shell("flock --nonblock /srv/kiosk/.backline/lock true || echo the lock is held")
        agents = [line for line in self.host.commands() if " -I -S -c " in line]
        return [*half.split(), *sent.split(), *lock.splitlines(), *agents]

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Whatever fails in the block: what served serves, and nothing is left."""
        before = self.serving()
        yield
        eventually_nothing(self.left)
        after = self.serving()
        assert after == before, f"{before}\n{after}"


@contextmanager
def kiosk_on(lab: Lab, folder: Path) -> Generator[Kiosk]:
    """The kiosk live on a lab's first host, which has small file systems of their own for it and for Supervisor."""
    host = lab.host("h1")
    furnish(host)
    kiosk = Kiosk(host, kiosk_project(folder, (host,)))
    kiosk.shell("mount -t tmpfs -o size=64m,nr_inodes=20000 tmpfs /srv")
    kiosk.shell("mount -t tmpfs -o size=64k tmpfs /etc/supervisor/conf.d")
    kiosk.project.on_host("deploy")
    yield kiosk
