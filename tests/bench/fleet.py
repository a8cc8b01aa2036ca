"""Many hosts with nothing to change: what each costs the machine from which they are looked after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.measuring import Measure, measure
from tests.bench.peers.peer import OURS, PEERS, Site
from tests.bench.running import USUAL
from tests.bench.site import write_targets
from tests.lab.host import Host
from tests.lab.lab import Lab


@dataclass(frozen=True)
class FleetCost:
    """Seconds of CPU of one run over `hosts` hosts, and of one over one of them."""

    hosts: int
    seconds: float
    cpu: float
    cpu_of_one: float

    @property
    def cpu_a_host(self) -> float:
        """What one more host costs."""
        return (self.cpu - self.cpu_of_one) / max(self.hosts - 1, 1)


def fleet_cost(lab: Lab, site: Site) -> FleetCost:
    """Provision all hosts of a lab, then measure a run with nothing to change, over all and over one."""
    home, log = site.folder / "home", site.folder / "fleet.log"
    write_targets(site, lab.hosts)
    peer = PEERS[OURS]
    measure(peer.invocation(site, USUAL), lab.hosts, home, log)

    def least(hosts: Sequence[Host]) -> Measure:
        write_targets(site, hosts)
        runs = (measure(peer.invocation(site, USUAL), hosts, home, log) for _ in range(3))
        return min(runs, key=lambda one: one.cpu)

    whole, alone = least(lab.hosts), least(lab.hosts[:1])
    return FleetCost(len(lab.hosts), whole.seconds, whole.cpu, alone.cpu)
