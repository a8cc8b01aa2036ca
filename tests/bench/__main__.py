"""`make bench`: measure, and write docs/bench.md, docs/bench.json and docs/bench.svg.

python -m tests.bench --peers floor,fabric --rounds 1     a quick one (ours is always measured)
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.fleet import FleetCost, fleet_cost
from tests.bench.measuring import CommandFailed
from tests.bench.peers.peer import OURS, PEERS, Peer
from tests.bench.picture import picture
from tests.bench.profile import profile
from tests.bench.rows import NONE, OWN_WORK, Median, Row, Situation, medians
from tests.bench.running import Amount, Bench, DifferentWork
from tests.bench.site import make_site
from tests.bench.table import as_json, as_markdown, targets
from tests.host.deploy.project import CHECKOUT
from tests.lab.faults import NoLabHere
from tests.lab.lab import Wanted
from tests.lab.labs import lab_of_this_run

DISTANCES = (0.0, 50.0)
FLEET_TARGET = 0.020
"""Seconds of CPU a host."""
INTRODUCTION = """# Bench

Written by `make bench` (tests/bench); every single run is in [bench.json](bench.json). The same work, with equal end
states (files, owners, modes, contents, user, job, packages, programs that run), on one Debian 12 host of the lab: a
user and a group, seven directories, three wheels in a virtualenv, twelve templates, three lines, a job of cron, a
release of 200 files, links, three Supervisor programs, two restarts, a health check. Each tool runs as a process, logs
in as a user with sudo, and connects for itself. Ansible: forks 50, pipelining, ControlPersist, no facts, a fixed
interpreter. The floor: one Paramiko connection, one exec, 60 files checked."""


def main() -> int:
    options = _options()
    peers = [PEERS[name] for name in PEERS if name in {OURS, *options.peers.split(",")}]
    amount = Amount(options.rounds, options.slow, options.looks)
    began = os.getloadavg()[0]
    try:
        rows, told = _measured(options.folder, peers, amount)
        cost = _measured_fleet(options.folder, options.fleet) if options.fleet else None
    except (NoLabHere, CommandFailed, DifferentWork) as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 1
    _write(options.out, rows, peers, cost, told, began)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--peers", default=",".join(PEERS), help=f"of {', '.join(PEERS)}; ours is always measured")
    parser.add_argument("--rounds", type=int, default=3, help="whole rounds of each")
    parser.add_argument("--slow", type=int, default=1, help="whole rounds of those that take long")
    parser.add_argument("--looks", type=int, default=3, help="runs with nothing to change, in each round")
    parser.add_argument("--fleet", type=int, default=32, help="also so many hosts at once; 0: none")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".backline" / "bench", help="virtualenvs, logs")
    parser.add_argument("--out", type=Path, default=CHECKOUT / "docs", help="where bench.md, .json and .svg go")
    return parser.parse_args()


def _measured(folder: Path, peers: Sequence[Peer], amount: Amount) -> tuple[list[Row], list[str]]:
    """What was measured, and where our own time goes, told."""
    with lab_of_this_run(Wanted(hosts=1)) as lab:
        bench = Bench(lab, make_site(folder, lab.hosts, peers), peers, amount)
        rows = [row for distance in DISTANCES for row in bench.rows(distance)]
        return rows, profile(bench.spans, bench.imported(), bench.words())


def _measured_fleet(folder: Path, hosts: int) -> FleetCost:
    with lab_of_this_run(Wanted(hosts=hosts)) as lab:
        return fleet_cost(lab, make_site(folder, lab.hosts, [PEERS[OURS]]))


def _write(
    folder: Path,
    rows: Sequence[Row],
    peers: Sequence[Peer],
    cost: FleetCost | None,
    profile: Sequence[str],
    load: float,
) -> None:
    found = medians(rows)
    titles = {**{peer.name: peer.title for peer in peers}, OWN_WORK: "the host's own work"}
    machine = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(load, 1),
        "load_after": round(os.getloadavg()[0], 1),
        "packages": {peer.name: peer.names for peer in peers},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(as_json(rows, machine))
    bars = {titles[peer.name]: [_seconds(found, peer.name, distance) for distance in DISTANCES] for peer in peers}
    series = [f"{distance:g} ms away" for distance in DISTANCES]
    (folder / "bench.svg").write_text(picture("Provisioning with nothing to change", bars, series))
    (folder / "bench.md").write_text(_document(found, titles, machine, cost, profile))


def _seconds(found: dict[Situation, Median], peer: str, distance: float) -> float | None:
    cell = found.get((peer, distance, NONE))
    return cell.measure.seconds if cell else None


def _document(
    found: dict[Situation, Median],
    titles: Mapping[str, str],
    machine: Mapping[str, object],
    cost: FleetCost | None,
    profile: Sequence[str],
) -> str:
    load = f"{machine['load_before']} before and {machine['load_after']} after"
    when = f"{machine['at']}; {machine['cores']} cores, which the host shares; load {load}: compare within a run."
    lines = [
        *INTRODUCTION.splitlines(),
        "",
        when,
        "",
        "![Bars: seconds with nothing to change](bench.svg)",
        "",
        as_markdown(found, titles),
        *targets(found),
    ]
    if cost is not None:
        met = "met" if cost.cpu_a_host <= FLEET_TARGET else "**missed**"
        words = f"{cost.hosts} hosts, nothing changed: seconds of CPU here for each more"
        lines.append(f"| {words} | ≤ {FLEET_TARGET} | {cost.cpu_a_host:.3f} | {met} |")
        lines += ["", f"All {cost.hosts} at once took {cost.seconds:.1f} s and {cost.cpu:.2f} s of CPU here."]
    return "\n".join([*lines, "", *profile, ""])


if __name__ == "__main__":
    sys.exit(main())
