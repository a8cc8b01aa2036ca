"""The network of one lab: a bridge that leads nowhere else, and for each host a namespace and a line to the bridge."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab import delay
from tests.lab.faults import LabError
from tests.lab.processes import GIVE_UP, Process, start

RANGES = ("198.19", "10.231")
"""Set apart for measuring networks (RFC 2544), so hardly anybody routes it; and a private one, where somebody does."""
NUMBERS = range(1, 251)
HOSTS = range(1, 201)
GATEWAY = 254
"""The last byte of this machine's own address in the lab."""
NAMESPACES = Path("/run/netns")
LINKS = Path("/sys/class/net")
NO_MATTER = "4000000000"
"""A metric that every other route beats."""
FORWARDING, DISABLED = "3", "0"
"""States of a bridge's port."""


@dataclass(frozen=True)
class Network:
    """`prefix` is the first three bytes of its addresses, `ethernet` the first five of its devices', by which the
    bridge is known to be ours: a name can be anybody's."""

    number: int
    prefix: str
    ethernet: str

    @property
    def bridge(self) -> str:
        return f"bl{self.number}"

    @property
    def subnet(self) -> str:
        return f"{self.prefix}.0/24"

    @property
    def gateway(self) -> str:
        """This machine, as its hosts see it."""
        return self.address(GATEWAY)

    @property
    def is_there(self) -> bool:
        """Whether the bridge of this name exists and is this network's."""
        try:
            return (LINKS / self.bridge / "address").read_text().strip() == self._mac(0)
        except FileNotFoundError:
            return False

    def address(self, host: int) -> str:
        return f"{self.prefix}.{host}"

    def link(self, host: int) -> str:
        """The machine's end of a host's line; the host's namespace has the same name."""
        return f"{self.bridge}-h{host}"

    def namespace(self, host: int) -> Path:
        return NAMESPACES / self.link(host)

    def claim(self) -> bool:
        """Make the bridge; False where somebody else has one of this name."""
        if any(self.hosts_there()):  # somebody removed the bridge of a lab that is up
            return False
        options = "type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
        try:
            _ip(f"link add {self.bridge} address {self._mac(0)} {options}")
        except LabError:
            return False
        _ip(
            # Whatever becomes of the bridge, what is meant for the lab never leaves by the default route.
            f"route add unreachable {self.subnet} metric {NO_MATTER}",
            f"link set {self.bridge} addrgenmode none up",
            f"addr add {self.gateway}/24 dev {self.bridge}",
        )
        return True

    def connect(self, host: int, rtt_ms: float, log: Path, noted: Callable[[Process], None]) -> None:
        """Lead a line to a host, and make its namespace where there is none. What delays its frames is noted first."""
        link, namespace = self.link(host), self.namespace(host)
        if not namespace.exists():
            _ip(f"netns add {link}")
        if rtt_ms:
            script = (sys.executable, "-S", "-E", delay.__file__, link, str(namespace), str(rtt_ms / 2000))
            _wait_for(link, start(script, log, noted), log)
        else:
            _ip(f"link add {link} type veth peer name eth0 netns {link}")
        # Each knows the other's hardware address, so that no question for it costs a round trip.
        _ip(
            f"link set {link} addrgenmode none master {self.bridge} up",
            f"neigh replace {self.address(host)} lladdr {self._mac(host)} dev {self.bridge} nud permanent",
        )
        _ip(
            "link set lo up",
            f"link set eth0 addrgenmode none address {self._mac(host)} up",
            f"addr add {self.address(host)}/24 dev eth0",
            f"neigh replace {self.gateway} lladdr {self._mac(0)} dev eth0 nud permanent",
            namespace=link,
        )

    def disconnect(self, host: int) -> None:
        """Take a host's line away; whoever carries its frames has ended."""
        if (LINKS / self.link(host)).exists():
            _ip(f"link del {self.link(host)}")

    def cut(self, host: int) -> None:
        """Frames are lost both ways, and neither side sees its link go down."""
        self._set_port(host, DISABLED)

    def heal(self, host: int) -> None:
        self._set_port(host, FORWARDING)

    def hosts_there(self) -> Iterator[int]:
        """Numbers of the hosts that have a namespace."""
        for number in HOSTS:
            if self.namespace(number).exists():
                yield number

    def remove_host(self, host: int) -> None:
        """Its line and its namespace; nothing runs there any more."""
        self.disconnect(host)
        if self.namespace(host).exists():
            _ip(f"netns del {self.link(host)}")

    def remove(self) -> None:
        """The bridge, last, since by it the rest is known to be ours."""
        with contextlib.suppress(LabError):  # whoever claimed it died before it was there
            _ip(f"route del unreachable {self.subnet} metric {NO_MATTER}")
        _ip(f"link del {self.bridge}")

    def _set_port(self, host: int, state: str) -> None:
        """By `bridge`, since whatever `ip` changes wakes the port again."""
        _output("bridge", "link", "set", "dev", self.link(host), "state", state)

    def _mac(self, host: int) -> str:
        return f"{self.ethernet}:{host:02x}"


def candidates(used: Collection[ipaddress.IPv4Network]) -> Iterator[Network]:
    """Networks that overlap with none of those; whether somebody has their names, `claim` finds out."""
    for prefix in RANGES:
        for number in NUMBERS:
            network = Network(number, f"{prefix}.{number}", _random_ethernet())
            subnet = ipaddress.ip_network(network.subnet)
            if not any(subnet.overlaps(other) for other in used):
                yield network


def _random_ethernet() -> str:
    """02 says: given by hand, to one device."""
    return ":".join(f"{byte:02x}" for byte in (2, *secrets.token_bytes(4)))


def networks_used() -> Iterator[ipaddress.IPv4Network]:
    """Whatever this machine has a route to, by any of its tables."""
    for route in json.loads(_output("ip", "-json", "-4", "route", "show", "table", "all")):
        if route["dst"] != "default":
            network = ipaddress.ip_network(route["dst"], strict=False)
            if isinstance(network, ipaddress.IPv4Network) and network.prefixlen:
                yield network


def _wait_for(link: str, carrier: Process, log: Path) -> None:
    deadline = time.monotonic() + GIVE_UP
    while not (LINKS / link).exists():
        if not carrier.alive or time.monotonic() > deadline:
            carrier.end()
            raise LabError(f"the line with a delay did not come up:\n{log.read_text()}")
        time.sleep(0.005)


def _ip(*lines: str, namespace: str = "") -> None:
    """Several commands of `ip` in one process; the first that fails ends it."""
    command = ("ip", *(("-n", namespace) if namespace else ()), "-batch", "-")
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"ip: {done.stderr.strip()}")


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
