"""The lab itself: labs do not see each other, have no way out, and leave nothing behind, however they end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.host.deploy.project import CHECKOUT
from tests.host.engine.processes import eventually
from tests.lab.accounts import ACCOUNTS, Account
from tests.lab.host import Host
from tests.lab.lab import Lab, Wanted
from tests.lab.labs import claimed, clear_abandoned, lab_of_this_run, opened
from tests.lab.network import LINKS, NAMESPACES, Network
from tests.lab.places import FOLDER_VARIABLE, image_folder, key_folder
from tests.lab.processes import Process, this_process
from tests.lab.proxy import PORT
from tests.lab.records import LabRecord, all_records

MILLISECONDS = 200.0
CONNECTS = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)"
NO_ADDRESS_OF_ANYBODY = "192.0.2.1"
"""RFC 5737: for documentation."""


def connects(host: Host, address: str, port: int) -> subprocess.CompletedProcess[str]:
    return host.execute("python3", "-c", CONNECTS, address, str(port), check=False)


def test_hosts_reach_each_other_and_nothing_else(hosts: tuple[Host, ...]) -> None:
    assert connects(hosts[0], hosts[1].address, 22).returncode == 0
    assert connects(hosts[0], "h3", 22).returncode == 0
    assert "Network is unreachable" in connects(hosts[0], NO_ADDRESS_OF_ANYBODY, 80).stderr


def test_second_lab_is_beside_the_first(lab: Lab, hosts: tuple[Host, ...]) -> None:
    with lab_of_this_run(Wanted(hosts=1)) as other:
        (host,) = other.hosts
        assert other.record.network.subnet != lab.record.network.subnet
        (host.root / "srv/theirs").touch()
        assert not (hosts[0].root / "srv/theirs").exists()
        assert "unreachable" in connects(host, hosts[0].address, 22).stderr
        traces = traces_of(other.record)
    eventually(lambda: traces.is_gone)
    assert connects(hosts[0], hosts[1].address, 22).returncode == 0


def test_network_whose_name_is_taken_is_passed_over(lab: Lab) -> None:
    taken = Network(lab.record.network.number, "10.231.251", "02:00:00:00:01")
    assert not taken.claim()
    assert not taken.is_there
    assert lab.record.network.is_there


def test_reset_host_is_as_at_first_and_has_the_same_key(lab: Lab) -> None:
    host = lab.host("h2")
    (host.root / "srv/mine").touch()
    key = (host.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text()
    connects(lab.host("h1"), host.address, 22)
    assert host.traffic().connections >= 1
    host.reset()
    assert not (host.root / "srv/mine").exists()
    assert (host.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text() == key
    assert host.traffic().connections == 0


def test_distance_is_seen_by_tcp(lab: Lab, hosts: tuple[Host, ...]) -> None:
    """A bound below, which no load of this machine can break."""
    lab.set_distance(MILLISECONDS)
    try:
        with socket.create_connection((hosts[0].address, 22), 10) as line:
            assert line.recv(4) == b"SSH-"
            assert round_trip_time(line) >= MILLISECONDS
    finally:
        lab.set_distance(0.0)
    assert hosts[0].record.carrier is None
    assert connects(hosts[0], hosts[1].address, 22).returncode == 0


def round_trip_time(line: socket.socket) -> float:
    """What the kernel has measured, in milliseconds: tcpi_rtt of struct tcp_info, after 8 bytes and 15 numbers."""
    information = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int.from_bytes(information[68:72], sys.byteorder) / 1000


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_account_has_its_shell_and_its_sudo(lab: Lab, account: Account) -> None:
    host = lab.host("h3")
    assert (
        host.execute("getent", "passwd", account.name).stdout.strip().endswith(f":/home/{account.name}:{account.shell}")
    )
    listed = host.execute("sudo", "-l", "-U", account.name).stdout
    assert ("is not allowed to run sudo" in listed) == (not account.sudoers)


def test_packages_come_from_package_servers_alone(lab_with_packages: Lab) -> None:
    (host,) = lab_with_packages.hosts
    asked = "import sys, urllib.request as r\nr.ProxyHandler\n"
    proxy = f"http://{lab_with_packages.record.network.gateway}:{PORT}"
    asked += f"o = r.build_opener(r.ProxyHandler({{'http': '{proxy}'}}))\no.open('http://example.invalid/')\n"
    assert "403" in host.execute("python3", "-c", asked, check=False).stderr
    host.execute("apt-get", "update")
    assert "hello" in host.execute("apt-cache", "policy", "hello").stdout
    host.execute("python3", "-m", "venv", "/tmp/venv")
    host.execute("/tmp/venv/bin/pip", "download", "--quiet", "--no-deps", "--dest", "/tmp", "iniconfig")
    assert [*(host.root / "tmp").glob("iniconfig*.whl")]


BEGINS = "from tests.lab.labs import *\nwith lab_of_this_run(Wanted(hosts=2)):\n    import time\n    time.sleep(600)\n"


def is_claimed(record: LabRecord) -> bool:
    return record.network.is_there


def has_a_namespace(record: LabRecord) -> bool:
    return record.network.namespace(1).exists()


def has_begun_a_host(record: LabRecord) -> bool:
    return any(host.keeper is not None for host in record.hosts)


def is_up(record: LabRecord) -> bool:
    return len(record.hosts) == 2 and all(host.is_up for host in record.hosts)


@pytest.fixture
def own_folder(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labs that no other test run knows of, so that none clears them; with the same images and keys."""
    for kept in (image_folder(), key_folder()):
        (tmp_path / kept.name).symlink_to(kept)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))


@pytest.fixture
def staying(own_folder: None) -> Generator[tuple[Lab, ...]]:
    """A person's lab, and that of a run that lives."""
    labs = (claimed("of-a-person", None), claimed("of-a-run", this_process()))
    yield labs
    for lab in labs:
        lab.down()


@pytest.mark.parametrize("moment", [is_claimed, has_a_namespace, has_begun_a_host, is_up])
def test_what_a_killed_run_left_is_cleared_and_nothing_else(
    staying: tuple[Lab, ...], moment: Callable[[LabRecord], bool]
) -> None:
    with run_with_a_lab() as run:
        eventually(lambda: any(moment(record) for record in records_of(run.pid)))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        eventually(lambda: not group_exists(run.pid))
    (record,) = records_of(run.pid)
    traces = traces_of(record)
    assert traces.links
    clear_abandoned()
    eventually(lambda: traces.is_gone)
    assert records_of(run.pid) == []
    assert all(traces_of(lab.record).links for lab in staying)
    assert opened("of-a-person") is not None


@contextmanager
def run_with_a_lab() -> Generator[subprocess.Popen[bytes]]:
    """Another test run, with a lab of its own."""
    with subprocess.Popen([sys.executable, "-c", BEGINS], cwd=CHECKOUT, start_new_session=True) as run:
        try:
            yield run
        finally:
            run.kill()


def records_of(pid: int) -> list[LabRecord]:
    return [record for record in all_records() if record.owner is not None and record.owner.pid == pid]


def group_exists(group: int) -> bool:
    """Programs that the run had started are children of nobody now, and still end what they do."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass(frozen=True)
class Traces:
    """What a lab has on the machine. The kernel gives a link's index and a namespace's inode to no other, so another
    lab that is given the same names is not taken for this one."""

    links: frozenset[int]
    namespaces: frozenset[int]
    processes: tuple[Process, ...]
    folder: Path

    @property
    def is_gone(self) -> bool:
        return (
            not self.links & links_there()
            and not self.namespaces & namespaces_there()
            and not any(process.alive for process in self.processes)
            and not self.folder.exists()
        )


def traces_of(record: LabRecord) -> Traces:
    prefix = record.network.bridge
    kept = [process for host in record.hosts for process in (host.init, host.keeper, host.carrier) if process]
    return Traces(
        links_there(prefix, f"{prefix}-h*"),
        namespaces_there(f"{prefix}-h*"),
        tuple(kept),
        record.folder,
    )


def links_there(*patterns: str) -> frozenset[int]:
    places = [place for pattern in patterns or ("*",) for place in LINKS.glob(f"{pattern}/ifindex")]
    return identities(places, lambda place: int(place.read_text()))


def namespaces_there(pattern: str = "*") -> frozenset[int]:
    return identities(NAMESPACES.glob(pattern), lambda place: place.stat().st_ino)


def identities(places: Iterable[Path], identity: Callable[[Path], int]) -> frozenset[int]:
    """Of those that are not gone by now: other labs come and go meanwhile."""
    found = set()
    for place in places:
        with suppress(FileNotFoundError):
            found.add(identity(place))
    return frozenset(found)


def test_process_that_got_the_pid_of_another_is_not_killed() -> None:
    with subprocess.Popen(["sleep", "600"]) as stranger:
        Process(stranger.pid, started=1).end()
        assert stranger.poll() is None
        stranger.kill()
    assert not Path(f"/proc/{stranger.pid}").exists()
