"""A run's order: a host made anew, each tool's first run, runs with nothing to change, one with a variable changed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.measuring import CommandFailed, Measure, close_masters, measure
from tests.bench.peers.peer import FLOOR, OURS, PEERS, Peer, Site
from tests.bench.profile import Spans, events_in, imports, slowest, spans
from tests.bench.rows import CHANGED, FIRST, NONE, OWN_WORK, PHASES, SPAN, Row
from tests.bench.verifying import end_state
from tests.lab.host import Host
from tests.lab.lab import Lab

USUAL, OTHER = "info", "debug"
"""The variable that changes, before and after."""
VIRTUALENV = (
    "python3 -m venv /tmp/own && /tmp/own/bin/pip install -q --no-index --find-links /srv/kiosk/wheels"
    " kioskalpha==1.0 kioskbeta==2.1 kioskgamma==0.3 && rm -r /tmp/own"
)
RESTARTS = "supervisorctl restart kiosk-web && supervisorctl restart kiosk-worker"


@dataclass(frozen=True)
class Amount:
    """How often: whole rounds (of slow peers `slow`), and in each round so many looks with nothing to change."""

    rounds: int = 3
    slow: int = 1
    looks: int = 3


class DifferentWork(Exception):
    """Two tools left different hosts behind: nothing that was measured can be compared."""


class Bench:
    """One host and its tools."""

    def __init__(self, lab: Lab, site: Site, peers: Sequence[Peer], amount: Amount) -> None:
        self._lab = lab
        self._site = site
        self._peers = peers
        self._amount = amount
        self._state: tuple[str, ...] | None = None
        self.spans: dict[float, list[Spans]] = {}
        """Of our own runs with nothing to change, by distance."""

    def rows(self, distance: float) -> Iterator[Row]:
        """All that is measured at one distance, in milliseconds of round trip. Raises DifferentWork, CommandFailed."""
        self._lab.set_distance(distance)
        for number in range(self._amount.rounds):
            for peer in self._peers:
                if peer.works and number < (self._amount.slow if peer.slow else self._amount.rounds):
                    yield from self._whole_round(peer, distance)

    def _whole_round(self, peer: Peer, distance: float) -> list[Row]:
        """All of a round or nothing: one that fails is said to have failed, and tried once more."""
        try:
            return list(self._round(peer, distance))
        except CommandFailed as failed:
            print(f"bench: tried once more, since {failed}", file=sys.stderr, flush=True)
            return list(self._round(peer, distance))

    def _round(self, peer: Peer, distance: float) -> Iterator[Row]:
        self._host.reset()
        yield self._row(peer, distance, FIRST)
        self._compare(peer)
        if peer.name == OURS:
            yield self._own_work(FIRST, distance, VIRTUALENV)
            yield self._own_work(CHANGED, distance, RESTARTS)
        for _ in range(1 if peer.slow else self._amount.looks):
            yield self._row(peer, distance, NONE)
            if peer.name == OURS:
                yield self._span(distance)
                if FLOOR in (one.name for one in self._peers):
                    yield self._row(PEERS[FLOOR], distance, NONE)
        yield self._row(peer, distance, CHANGED)

    @property
    def _host(self) -> Host:
        return self._lab.hosts[0]

    def _row(self, peer: Peer, distance: float, phase: str) -> Row:
        invocation = peer.invocation(self._site, OTHER if phase == CHANGED else USUAL)
        log = self._site.folder / f"{peer.name}-{distance:g}-{phase}.log"
        try:
            measured = measure(invocation, [self._host], self._site.folder / "home", log)
        except CommandFailed as failed:
            raise CommandFailed(f"{peer.title}, {phase}: {failed}") from failed
        close_masters(self._site.folder / "home")
        return told(Row(peer.name, distance, phase, measured))

    def _span(self, distance: float) -> Row:
        """The same run once more, with its events as lines of JSON."""
        usual, log = PEERS[OURS].invocation(self._site, USUAL), self._site.folder / f"{OURS}-{distance:g}-{SPAN}.log"
        began = time.time()
        measured = measure(replace(usual, argv=(*usual.argv, "--json")), [self._host], self._site.folder / "home", log)
        one = spans(began, began + measured.seconds, events_in(log.read_text()))
        self.spans.setdefault(distance, []).append(one)
        return told(Row(OURS, distance, SPAN, replace(measured, seconds=one.to_last_event)))

    def imported(self) -> dict[str, float]:
        """What our own run imports, as it is after all others: seconds by whose it is."""
        usual, log = PEERS[OURS].invocation(self._site, USUAL), self._site.folder / f"{OURS}-imports.log"
        python = str(Path(usual.argv[0]).with_name("python"))
        argv = (python, "-X", "importtime", *usual.argv)
        measure(replace(usual, argv=argv), [self._host], self._site.folder / "home", log)
        return imports(log.read_text())

    def words(self) -> dict[str, str]:
        """What our own runs near by that had something to do said last, by phase."""
        logs = {PHASES[phase]: self._site.folder / f"{OURS}-0-{phase}.log" for phase in (FIRST, CHANGED)}
        return {phase.capitalize(): slowest(log.read_text()) for phase, log in logs.items() if log.exists()}

    def _own_work(self, phase: str, distance: float, command: str) -> Row:
        """What the host itself takes, without any tool: bounds from below."""
        began = time.monotonic()
        self._host.execute("sh", "-c", command)
        return told(Row(OWN_WORK, distance, phase, Measure(time.monotonic() - began, 0.0, 0, 0, 0, 0, 0)))

    def _compare(self, peer: Peer) -> None:
        found = end_state(self._host)
        self._state = self._state or found
        if found != self._state:
            lines = sorted(set(found) ^ set(self._state))
            raise DifferentWork("\n".join([f"{peer.title} left another host behind:", *lines[:20]]))


def told(row: Row) -> Row:
    """Say that it was measured, while others are still to come."""
    took = f"{row.peer:10} {row.distance:3g} ms {row.phase:8} {row.measure.seconds:7.2f} s"
    print(
        f"bench: {took}, {row.measure.cpu:.2f} s of CPU, {row.measure.channels} channels", file=sys.stderr, flush=True
    )
    return row
