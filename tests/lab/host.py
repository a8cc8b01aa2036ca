"""One host of a lab: begun from its image, entered without ssh, thrown away and made anew."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.faults import LabError
from tests.lab.keys import client_key
from tests.lab.memory import MemoryBound, bounded_logins
from tests.lab.places import make_folder
from tests.lab.processes import GIVE_UP, NO_SURPRISES, Process, running, start
from tests.lab.records import HostRecord, LabRecord
from tests.lab.seed import lay_out, seed_of
from tests.lab.traffic import Traffic, traffic

BOOT = Path(__file__).with_name("host-boot.sh")
LISTENING_ON_SSH = (":0016", "0A")
"""Port 22 and the state LISTEN, as /proc/net/tcp writes them."""


@dataclass(frozen=True)
class Host:
    """What a test is given. `record` changes with a reset; name, address and keys stay."""

    lab: LabRecord
    record: HostRecord

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def address(self) -> str:
        return self.lab.network.address(self.record.number)

    @property
    def key(self) -> Path:
        """The private key that every user of the host lets in."""
        return client_key()

    @property
    def known_hosts(self) -> Path:
        """Has the keys of all hosts of the lab, by name and by address."""
        return self.lab.folder / "known_hosts"

    @property
    def folder(self) -> Path:
        return self.lab.folder / self.name

    @property
    def root(self) -> Path:
        """Its / as seen from here; changes with a reset."""
        return Path(f"/proc/{self._init.pid}/root")

    def execute(self, *command: str, user: str = "root", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program inside without ssh, and wait for it."""
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid")
        as_user = () if user == "root" else ("runuser", "-u", user, "--")
        done = subprocess.run(
            ["nsenter", "--target", str(self._init.pid), *namespaces, *as_user, *command],
            env=NO_SURPRISES,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise LabError(f"{self.name}: {' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def commands(self) -> Iterator[str]:
        """The command line of each process inside, as its own /proc tells."""
        for place in self.root.glob("proc/[0-9]*/cmdline"):
            try:
                yield place.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                continue

    def traffic(self) -> Traffic:
        """What has gone to and from it since it began."""
        return traffic(self.root, self.lab.network.link(self.record.number))

    def ssh_log(self) -> str:
        """What its sshd has said: who connected, and each session that was started."""
        return (self.root / "var/log/sshd.log").read_text(errors="replace")

    def cut(self) -> None:
        """From now on frames to and from it are lost."""
        self.lab.network.cut(self.record.number)
        self.record.is_cut = True
        self.lab.save()

    def heal(self) -> None:
        """Undo it. A connection that has outlived the cut goes on."""
        self.lab.network.heal(self.record.number)
        self.record.is_cut = False
        self.lab.save()

    def little_memory(self) -> AbstractContextManager[MemoryBound]:
        """Bound the memory of all who log in meanwhile. Raises NoLabHere where the machine cannot."""
        return bounded_logins(self._init.pid)

    def reset(self) -> None:
        """Throw it away and begin it anew: files, processes, counters. Its line stays, and is whole."""
        self.end()
        self.heal()
        self.begin()
        self.wait_until_ready()

    def begin(self) -> None:
        """Start its pid 1. What its record says of the network is there."""
        for name in ("ram", "root"):
            make_folder(self.folder / name)
        lay_out(self.folder / "seed", seed_of(self.lab, self.record))
        pid_file = self.folder / "pid"
        pid_file.unlink(missing_ok=True)
        namespaces = ("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child")
        boot = ("sh", str(BOOT), self.name, self.record.image, str(self.folder))
        into_network = ("nsenter", f"--net={self.lab.network.namespace(self.record.number)}")
        start((*into_network, "unshare", *namespaces, *boot), self.folder / "boot.log", self._note_keeper)
        self._until(pid_file.exists)
        self.record.init = running(int(pid_file.read_text()))
        self.lab.save()

    def wait_until_ready(self) -> None:
        """Its sshd listens and its Supervisor answers. Nobody knocks, so that the log begins empty."""
        self._until(lambda: self._sshd_listens() and (self.root / "run/supervisor.sock").exists())

    def end(self) -> None:
        """Kill its pid 1; with it the kernel ends every process and every mount of the host."""
        for process in (self.record.init, self.record.keeper):
            if process is not None:
                process.end()
        self.record.init = self.record.keeper = None
        self.lab.save()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _note_keeper(self, keeper: Process) -> None:
        self.record.keeper = keeper
        self.lab.save()

    @property
    def _init(self) -> Process:
        if self.record.init is None or not self.record.init.alive:
            raise LabError(f"{self.name} is not up")
        return self.record.init

    def _sshd_listens(self) -> bool:
        port, state = LISTENING_ON_SSH
        lines = (line.split() for line in Path(f"/proc/{self._init.pid}/net/tcp").read_text().splitlines()[1:])
        return any(words[1].endswith(port) and words[3] == state for words in lines)

    def _until(self, true: Callable[[], bool]) -> None:
        keeper = self.record.keeper
        deadline = time.monotonic() + GIVE_UP
        while not true():
            if keeper is None or not keeper.alive or time.monotonic() > deadline:
                raise LabError(f"{self.name} did not come up:\n{(self.folder / 'boot.log').read_text()}")
            time.sleep(0.01)
