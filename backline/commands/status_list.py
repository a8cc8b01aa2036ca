"""What `inv status` tells: every program of the app and its services, with the proof of what it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from backline.agent.steps.prove_programs import Expected, Proof, ProvePrograms
from backline.commands.connecting import connected
from backline.commands.notes import to_errors
from backline.commands.site import Site
from backline.deploy.prepare import look
from backline.deploy.stock import KnownProgram, Stock
from backline.fleet.forks import FORKS
from backline.fleet.target import Target
from backline.fleet.waiting import await_all
from backline.report.shortening import short_moment
from backline.report.tables import Column
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import Unreachable
from backline.resources.supervisor_rpc import ProcessInfo

SERVICE = "service"
STATES = {
    "STARTING": "just started",
    "RUNNING": "running",
    "BACKOFF": "keeps dying",
    "STOPPING": "finishing",
    "STOPPED": "stopped",
    "EXITED": "ended",
    "FATAL": "given up",
    "UNKNOWN": "unknown",
}
"""Supervisor's words as people say it. It calls a program STARTING that works already, for its first ten seconds."""
COLUMNS = (
    Column("host"),
    Column("program"),
    Column("kind", spare=3),
    Column("release", spare=1),
    Column("state", meaning=lambda cell: "bad" if cell in (STATES["BACKOFF"], STATES["FATAL"]) else ""),
    Column("pid", spare=2),
    Column("started", short_moment),
    Column("proved", meaning=lambda cell: "bad" if cell == "NO" else "good"),
)


@dataclass(frozen=True)
class ProgramStatus:
    """One program. `release`, `generation` and `proved` are None for a service; `started` is ISO 8601 in UTC."""

    host: str
    program: str = ""
    kind: str = SERVICE
    release: str | None = None
    generation: str | None = None
    state: str = ""
    pid: int | None = None
    started: str | None = None
    proved: bool | None = None
    error: str | None = None

    def document(self) -> dict[str, object]:
        """As JSON: an error stands alone with its host."""
        if self.error:
            return {"host": self.host, "error": self.error}
        document = asdict(self)
        del document["error"]
        return document


def status_of(site: Site) -> tuple[ProgramStatus, ...]:
    """The status of every host; one that cannot be reached is one object with `error`. Ctrl-C waits for none."""
    pool = ThreadPoolExecutor(max_workers=FORKS)
    try:
        with site.entrance.asking():
            found = [pool.submit(_host_status, replace(site, host=host.name)) for host in site.hosts]
            await_all(found)
            return tuple(item for one in found for item in one.result())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def row(status: ProgramStatus) -> tuple[str, ...]:
    """As a line of the table."""
    proved = {True: "yes", False: "NO", None: ""}[status.proved]
    pid = str(status.pid or "")
    return (
        status.host,
        status.program,
        status.kind,
        status.generation or "",
        STATES.get(status.state, status.state),
        pid,
        status.started or "",
        proved,
    )


def _host_status(site: Site) -> tuple[ProgramStatus, ...]:
    try:
        with connected(site, to_errors) as fleet:
            return fleet.each(ask_status)[0]
    except Unreachable as failure:
        return (ProgramStatus(site.host, error="; ".join(filter(None, (failure.cause, failure.hint)))),)


def ask_status(target: Target) -> tuple[ProgramStatus, ...]:
    """Every program of one host, with its proof."""
    stock = look(target)
    for text in _owed(stock):
        target.session.note(text)
    known = stock.known_programs
    releases = stock.settings.app.releases
    ours = tuple(
        Expected(item.name, f"{releases}/{known[item.name].generation.release}/.backline/release.json")
        for item in stock.state.programs
        if item.name in known
    )
    answer = target.answer(ProvePrograms(target.settings.supervisor.socket, ours), tuple)
    proofs = {proof.program: proof for proof in answer}
    live = {process.program.name for process in stock.live_processes()}
    return tuple(
        _status(stock, item, known.get(item.name), proofs.get(item.name))
        for item in stock.state.programs
        # An old program that has ended only waits for the next run to forget it.
        if item.name in live or item.name not in known or not item.ended
    )


def _status(stock: Stock, item: ProcessInfo, known: KnownProgram | None, proof: Proof | None) -> ProgramStatus:
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(item.started)) if item.pid else None
    pid = item.pid or None
    if known is None:
        return ProgramStatus(stock.name, item.name, state=item.state, pid=pid, started=started)
    kind, generation = known.process.kind, known.generation
    proved = bool(proof and proof.proved)
    release = f"r{generation.release}"
    return ProgramStatus(stock.name, item.name, kind, release, generation.label, item.state, pid, started, proved)


def _owed(stock: Stock) -> Iterator[str]:
    if stock.live_release is None:
        yield f"no release is live here yet; the first one:  inv deploy --host {stock.name}"
    elif not stock.state.programs:
        again = f"inv provision --host {stock.name}"
        yield f"r{stock.live_number} is live, but nothing of it runs; what starts it:  {again}"
    lock = stock.state.lock
    if lock:
        step = f", at: {lock.step}" if lock.step else ""
        yield f"{lock.who} is at work: {lock.what}, since {lock.since}{step}"
    elif stock.state.journal:
        state = stock.settings.app.state_directory
        yield f"a run that was cut off has left something to be undone or finished: {state}/journal says what"
