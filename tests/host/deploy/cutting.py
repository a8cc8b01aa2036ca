"""What a run that is cut off must not touch, who works on the host, and what it may leave there."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backline.commands.sandbox.processes import find_processes
from backline.resources.supervisor_rpc import Supervisor
from tests.host.deploy.project import Completed, Project

PATIENCE = 180.0
"""Seconds until what does not come true, or does not end, is given up."""
SERVING = ("STARTING", "RUNNING")
"""Supervisor calls a worker STARTING for its first ten seconds, in which it works already."""

OF_A_RELEASE = re.compile(r"-r\d+(-\d+)?$|^shop_")


@dataclass(frozen=True)
class SandboxHost:
    """The sandbox's host, looked at past Backline: its files, its processes, its Supervisor."""

    project: Project

    @property
    def home(self) -> Path:
        return Path(self.project.environment["BACKLINE_SANDBOX_ROOT"])

    @property
    def app(self) -> Path:
        return self.home / "shop"

    @property
    def state(self) -> Path:
        return self.app / ".backline"

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(str(self.home / ".backline/supervisor.sock"))

    @property
    def links(self) -> tuple[str, ...]:
        """Those that say what serves, below the app's folder."""
        return ("current", "run/web.sock", "run/static")

    @property
    def address(self) -> str:
        text = (self.project.folder / "inventory/host_vars/sandbox/connection.yml").read_text()
        found = re.search(r'nginx_listen: "([^"]+)"', text)
        assert found, text
        return found.group(1)

    def serving(self) -> dict[str, object]:
        """What must stay as it is: links, the live record, and the process of each program that runs."""
        return {
            **{link: os.readlink(self.app / link) for link in self.links},
            "live": json.loads((self.state / "live.json").read_text()),
            "pids": self.serving_programs(),
        }

    def serving_programs(self) -> dict[str, int]:
        return {program.name: program.pid for program in self.supervisor.processes() if program.state in SERVING}

    def programs_of_releases(self) -> dict[str, int]:
        """Those of them that are no services: `shop-web-r3`, or in plain mode `shop_web`. None where nothing was ever
        deployed."""
        if not os.path.exists(self.home / ".backline/supervisor.sock"):
            return {}
        return {name: pid for name, pid in self.serving_programs().items() if OF_A_RELEASE.search(name)}

    def processes(self) -> dict[int, str]:
        return {process.pid: str(process) for process in find_processes(self.home)}

    def agent(self) -> int:
        """The pid of the one agent: started by the SSH server, so not the guard that it has forked."""
        server = json.loads((self.home / ".sandbox/server.json").read_text())["pid"]
        found = [pid for pid in self.processes() if is_agent(pid) and parent(pid) == server]
        assert len(found) == 1, [self.processes()[pid] for pid in found]
        return found[0]

    def command(self, *words: str) -> int | None:
        """The pid of the process whose arguments hold these words."""
        return next((pid for pid in self.processes() if set(words) <= set(arguments(pid))), None)

    @contextmanager
    def paused(self, pid: int) -> Iterator[None]:
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def command_like(self, words: str) -> bool:
        """Whether a process has these words in its arguments."""
        return any(words in " ".join(arguments(pid)) for pid in self.processes())

    def traces(self, label: str) -> list[str]:
        """What is there of a generation: processes, conf files, programs that run, a journal that is not settled."""
        record = f"{self.app}/releases/{label[1:]}/.backline/release.json"
        holding = [text for pid, text in self.processes().items() if record in open_files(pid)]
        files = [path.name for path in (self.home / ".backline/supervisor.d").glob(f"*-{label}.conf")]
        programs = self.supervisor.processes()
        alive = [f"{one.name} {one.state}" for one in programs if one.name.endswith(f"-{label}") and one.pid]
        journal = ["journal"] if (self.state / "journal").exists() else []
        return holding + files + alive + journal

    def lock_is_free(self) -> bool:
        import fcntl

        with (self.state / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.state / "ledger.jsonl").read_text().splitlines()]


def is_agent(pid: int) -> bool:
    return arguments(pid)[1:4] == ["-I", "-S", "-c"] and "sys.version_info" in " ".join(arguments(pid))


def arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def is_stopped(pid: int) -> bool:
    """By SIGSTOP, or for good."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "TZX"
    except OSError:
        return True


def open_files(pid: int) -> set[str]:
    folder = Path(f"/proc/{pid}/fd")
    found = set()
    try:
        for name in os.listdir(folder):
            found.add(os.readlink(folder / name))
    except OSError:
        pass
    return found


def eventually(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        threading.Event().wait(0.05)


class Deploy:
    """`inv deploy --json` that runs, read event by event."""

    def __init__(self, project: Project, *words: str) -> None:
        self.process = project.start("deploy", "--host", project.host, "--json", *words)
        self._lines: list[str] = []

    def until(self, step: str, event: str = "started") -> None:
        """Read on until this step tells of this."""
        self._read_until(lambda found: (found["event"], found.get("step")) == (event, step))

    def until_warned(self, words: str) -> None:
        self._read_until(lambda found: found["event"] == "warning" and words in found["text"])

    def _read_until(self, true: Callable[[dict[str, Any]], bool]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)
            if true(json.loads(line)):
                return
        raise AssertionError(f"it was never told:\n{''.join(self._lines)}\n{self.ended().err}")

    def kill(self) -> None:
        self.process.kill()

    def control_c(self) -> None:
        """As a terminal does it: to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ended(self) -> Completed:
        out, err = self.process.communicate(timeout=PATIENCE)
        return Completed(self.process.returncode, "".join(self._lines) + out, err)

    def __enter__(self) -> Deploy:
        return self

    def __exit__(self, *ignored: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        with self.process:
            pass


class Visitor:
    """Asks for the front page all the time, and keeps what was not a 200."""

    def __init__(self, address: str) -> None:
        self.wrong: list[str] = []
        self.count = 0
        self._address = address
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._visit)

    def _visit(self) -> None:
        while not self._leaving.wait(0.1):
            connection = http.client.HTTPConnection(self._address, timeout=PATIENCE)
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                answer.read()
                said = str(answer.status)
            except OSError as error:
                said = repr(error)
            finally:
                connection.close()
            self.count += 1
            if said != "200":
                self.wrong.append(said)

    @contextmanager
    def visiting(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._leaving.set()
            self._thread.join()


@contextmanager
def untouched(host: SandboxHost, label: str) -> Iterator[None]:
    """Whatever happens in the block: the site answers, what served serves, and soon the rest is gone."""
    before, running = host.serving(), set(host.processes())
    visitor = Visitor(host.address)
    with visitor.visiting():
        yield
        eventually_nothing(lambda: host.traces(label))
        eventually_nothing(lambda: [text for pid, text in host.processes().items() if pid not in running])
        eventually(host.lock_is_free)
        after = host.serving()
        assert after == before, f"{before}\n{after}"
    assert visitor.count
    assert visitor.wrong == []


def eventually_nothing(left: Callable[[], list[str]]) -> None:
    deadline = time.monotonic() + PATIENCE
    while found := left():
        assert time.monotonic() < deadline, "\n".join(found)
        threading.Event().wait(0.05)


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
