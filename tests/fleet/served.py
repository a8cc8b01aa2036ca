"""A lab host with a small shop on it, looked at past Backline: what serves there, and what a run has left."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.fleet.unchanged import processes
from tests.host.deploy.cutting import Visitor, eventually, eventually_nothing
from tests.host.deploy.project import Project
from tests.lab.host import Host

APP, CONFIGURED = "srv/shop", "etc/supervisor/conf.d"
AGENT = "python3 -I -S -c"
LINKS = ("current", "run/web.sock", "run/static")


@dataclass(frozen=True)
class Served:
    """The host, and the project that is deployed to it."""

    host: Host
    project: Project

    def programs(self) -> dict[str, str]:
        """What Debian's supervisorctl says of each program: `RUNNING pid 42`; STARTING is RUNNING to come."""
        lines = (line.split() for line in self.host.execute("supervisorctl", "status", check=False).stdout.splitlines())
        return {words[0]: " ".join(words[1:4]).rstrip(",") for words in lines if len(words) > 1}

    def running(self) -> list[str]:
        """The programs that have a process; an old worker that has finished waits to be forgotten by the next run."""
        return [name for name, state in self.programs().items() if state.startswith(("STARTING", "RUNNING"))]

    def pid(self, program: str) -> int:
        """Of a program's process, as the host counts them."""
        return int(self.host.execute("supervisorctl", "pid", program).stdout)

    def serving(self) -> dict[str, object]:
        """What must stay as it is: links, the live record, and the process of each program."""
        pids = {name: self.pid(name) for name in self.running()}
        links = {link: os.readlink(self.host.root / APP / link) for link in LINKS}
        return {**links, **pids, "live": (self.host.root / APP / ".backline/live.json").read_text()}

    @property
    def live(self) -> str:
        """The release that serves, as r7."""
        return os.readlink(self.host.root / APP / "current").replace("releases/", "r")

    def left(self) -> list[str]:
        """What a run has not cleaned up: a journal that is not settled, a lock that is held."""
        state = f"/{APP}/.backline"
        script = f"test ! -e {state}/journal || echo journal; flock -n {state}/lock true || echo lock"
        return self.host.execute("sh", "-c", script).stdout.split()

    def configured(self) -> dict[str, str]:
        """Supervisor's files, each with what is in it."""
        return {path.name: path.read_text() for path in (self.host.root / CONFIGURED).glob("*")}

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Whatever happens in the block: every visitor is served, what served serves by the same processes, and in the
        end nothing else runs."""
        before, running, files = self.serving(), processes(self.host), self.configured()
        visitor = Visitor(self.host.address)
        with visitor.visiting():
            yield
            eventually_nothing(lambda: sorted(processes(self.host) - running))
            eventually_nothing(self.left)
            eventually(lambda: self.configured() == files)
        assert self.serving() == before
        assert visitor.count
        assert visitor.wrong == []

    def ledger(self) -> list[dict[str, Any]]:
        text = (self.host.root / APP / ".backline/ledger.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def agents(self) -> list[int]:
        """The pids of agent and guard, the agent first: the other was forked by it. sudo and the shell, whose
        arguments hold the same words, are not among them."""
        lines = (line.partition(" ") for line in processes(self.host))
        return sorted(int(pid) for pid, _, command in lines if command.startswith(AGENT))

    def kill(self, words: str) -> None:
        """End the processes whose command line holds these words, without a goodbye."""
        for line in processes(self.host):
            pid, _, command = line.partition(" ")
            if words in command:
                self.host.execute("kill", "-KILL", pid, check=False)
