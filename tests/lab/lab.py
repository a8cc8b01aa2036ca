"""A lab: several hosts on one network, brought up, changed in place, and taken down."""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.faults import LabError
from tests.lab.host import Host
from tests.lab.image import image
from tests.lab.keys import make_keys
from tests.lab.network import HOSTS
from tests.lab.package_settings import remove_package_files, write_package_files
from tests.lab.processes import Process
from tests.lab.proxy import start_proxy
from tests.lab.records import HostRecord, LabRecord
from tests.lab.requirements import require_packages
from tests.lab.sources import RELEASES, package_sources
from tests.lab.ssh_files import write_ssh_files

DEFAULT_RELEASE = next(iter(RELEASES))
"""What hosts are where nobody says otherwise."""


@dataclass(frozen=True)
class Wanted:
    """What should be up: h1 to h<hosts>. `rtt_ms` is the way there and back; with `packages`, apt, pip and uv work."""

    hosts: int
    release: str = DEFAULT_RELEASE
    rtt_ms: float = 0.0
    packages: bool = False


class Lab:
    """One at a time works on a lab; several labs do not know each other."""

    def __init__(self, record: LabRecord) -> None:
        self.record = record

    @property
    def hosts(self) -> tuple[Host, ...]:
        return tuple(Host(self.record, host) for host in self.record.hosts)

    def host(self, name: str) -> Host:
        """Raises LabError where there is none of this name."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"there is no host {name}; there are: {', '.join(host.name for host in self.hosts) or 'none'}")

    def adjust(self, wanted: Wanted) -> None:
        """Start what is missing, end what is too much, keep what is as it should be; every host is healed."""
        if wanted.hosts not in HOSTS:
            raise LabError(f"a lab has {HOSTS[0]} to {HOSTS[-1]} hosts")
        place = str(image(wanted.release))
        self._set_packages(wanted.packages)
        for host in self.hosts:
            fits = host.record.number <= wanted.hosts and host.record.image == place and host.record.is_up
            if not fits:
                self._remove(host)
        there = {host.number for host in self.record.hosts}
        new = [
            HostRecord(number, wanted.release, place) for number in range(1, wanted.hosts + 1) if number not in there
        ]
        make_keys(host.name for host in new)
        self.record.hosts = sorted([*self.record.hosts, *new], key=lambda host: host.number)
        write_ssh_files(self.record, self.hosts)
        for record in new:
            self._connect(record, wanted.rtt_ms)
            Host(self.record, record).begin()
        self.set_distance(wanted.rtt_ms)
        for host in self.hosts:
            host.heal()
            host.wait_until_ready()

    def set_distance(self, rtt_ms: float) -> None:
        """Move all hosts; what is connected to them may outlive it. A cut stays."""
        for record in self.record.hosts:
            if record.rtt_ms != rtt_ms:
                self._disconnect(record)
                self._connect(record, rtt_ms)
                if record.is_cut:
                    self.record.network.cut(record.number)

    def down(self) -> None:
        """End everything of it, and nothing else."""
        record = self.record
        for host in self.hosts:
            host.end()
        if record.proxy is not None:
            record.proxy.end()
        for one in record.hosts:
            self._end_carrier(one)
        if record.network.is_there:
            for number in record.network.hosts_there():
                record.network.remove_host(number)
            record.network.remove()
        record.forget()

    def _set_packages(self, packages: bool) -> None:
        """Hosts that were begun with other settings go."""
        if packages and not (self.record.proxy and self.record.proxy.alive):
            require_packages()
            sources = package_sources()
            write_package_files(self.record, sources)
            start_proxy(self.record.network, sources, self.record.folder, self._note_proxy)
        if packages != self.record.packages:
            for host in self.hosts:
                self._remove(host)
        if not packages and self.record.proxy:
            self.record.proxy.end()
            self.record.proxy = None
            remove_package_files(self.record)
        self.record.packages = packages
        self.record.save()

    def _note_proxy(self, proxy: Process) -> None:
        self.record.proxy = proxy
        self.record.save()

    def _remove(self, host: Host) -> None:
        host.end()
        self._disconnect(host.record)
        self.record.network.remove_host(host.record.number)
        self.record.hosts.remove(host.record)
        self.record.save()

    def _connect(self, record: HostRecord, rtt_ms: float) -> None:
        def note(carrier: Process) -> None:
            record.carrier = carrier
            self.record.save()

        log = self.record.folder / f"{record.name}.line.log"
        self.record.network.connect(record.number, rtt_ms, log, note)
        record.rtt_ms = rtt_ms
        self.record.save()

    def _disconnect(self, record: HostRecord) -> None:
        self._end_carrier(record)
        self.record.network.disconnect(record.number)

    def _end_carrier(self, record: HostRecord) -> None:
        if record.carrier is not None:
            record.carrier.end()
            record.carrier = None
            self.record.save()
