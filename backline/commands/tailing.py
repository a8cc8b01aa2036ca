"""Reads the logs of a fleet: what there is in the order of time, then what comes in the order of its arrival.

Pages are asked for when the ones before were written, so that neither side holds more than a page of each log.
"""

from __future__ import annotations

import select
import shlex
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from backline.agent.events import Event, Kind
from backline.agent.steps.tail_log import AwaitLogs, FindLastLines, Page, Pages, Position, ReadLogs
from backline.commands.log_choice import Choice, HostLogs, Log
from backline.deploy.prepare import look
from backline.report.log_lines import LogLine, Reader, Sieve, Source, merged
from backline.report.log_zones import learned_offset, offset_like
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import Unreachable

if TYPE_CHECKING:
    from backline.deploy.stock import Stock
    from backline.fleet.fleet import Fleet
    from backline.fleet.target import Target


class Writer(Protocol):
    """Who shows lines."""

    def know(self, sources: Iterable[Source]) -> None: ...
    def __call__(self, lines: Iterable[LogLine]) -> None: ...


@dataclass
class OpenLog:
    """A log that is being read: how far, in which time zone, and what its last lines mean for the next."""

    log: Log
    position: Position
    reader: Reader
    sieve: Sieve
    offset: int | None = None
    """Of its writer's clock from UTC, in seconds, as its lines have shown it."""

    def lines(self, target: Target, page: Page) -> Iterator[LogLine]:
        """The lines of a page that are let through."""
        self.position = Position(page.path, page.place)
        if page.lost:
            target.session.note(f"{page.path} was emptied, or went round faster than it was read: lines may be missing")
        self.learn(page.text, page.written)
        text = target.session.masked(page.text)
        for line in text.split("\n")[:-1]:
            yield from self.sieve.pass_on(self.reader.line(line))

    def learn(self, text: str, written: float) -> None:
        """In which time zone the log is written, where its end shows it."""
        offset = learned_offset(text, written) if written else None
        if offset is not None:
            self.offset = self.reader.offset = offset


@dataclass
class HostTail:
    """One host: its logs and where they are."""

    target: Target
    logs: HostLogs
    sieve: Sieve
    stock: Stock | None = None
    """What was there when the logs were looked for."""
    offset: int = 0
    """Of the host's own clock from UTC, in seconds: that of logs that do not show theirs."""
    open: dict[str, OpenLog] = field(default_factory=dict)
    records: str = ""

    @property
    def directory(self) -> str:
        return f"{self.target.settings.app.state_directory}/generations"

    def begin(self, lines: int) -> None:
        """Find the logs and where their last lines begin."""
        self.stock = look(self.target)
        self.logs.begin(self.stock)
        paths = tuple(log.path for log in self.logs.logs)
        beginnings, self.offset = self.target.answer(FindLastLines(paths, lines), tuple)
        for log, beginning in zip(self.logs.logs, beginnings, strict=True):
            self._open(log, beginning.position)
            self.open[log.path].learn(beginning.ending.text, beginning.ending.written)
            if log.service and not beginning.ending.written:
                command = f"inv run {shlex.quote(f'journalctl -u {log.service}')} --host {self.target.name}"
                self.target.session.note(f"nothing is in {log.path}; the journal may have more:  {command}")
        for one in self.open.values():
            one.reader.offset = self._offset(one.log)

    def backlog(self, log: OpenLog, unfinished: bool) -> Iterator[LogLine]:
        """The lines that one log has now; with `unfinished`, one that has no end yet too."""
        more = True
        while more:
            answer = self.target.answer(ReadLogs((log.position,), unfinished), Pages)
            more = False
            for page in answer.pages:
                yield from log.lines(self.target, page)
                more = page.more

    def news(self) -> Iterator[LogLine]:
        """Wait; the lines that have come, of all the logs in the order of time."""
        positions = tuple(log.position for log in self.open.values())
        answer = self.target.answer(AwaitLogs(positions, self.directory, self.records), Pages)
        if answer.records != self.records:
            self.records = answer.records
            for log in self.logs.look_again(look(self.target)):
                self._open(log, Position(log.path))
        return merged([self.open[page.path].lines(self.target, page) for page in answer.pages])

    def _open(self, log: Log, position: Position) -> None:
        self.open[log.path] = OpenLog(log, position, Reader(log.source, self._offset(log)), self.sieve.anew())

    def _offset(self, log: Log) -> int:
        """Of the clock of a log: as the log shows it, or those most like it that do, or else the host's."""
        shown = [(one.log, one.offset) for one in self.open.values() if one.offset is not None]
        return offset_like(log.source, {one.source: offset for one, offset in shown}, self.offset)


class Tail:
    """The logs of all hosts, written by one at a time."""

    def __init__(self, fleet: Fleet, writer: Writer, choice: Choice, sieve: Sieve) -> None:
        self.nobody_reads = False
        self._fleet = fleet
        self._writer = writer
        self._choice = choice
        self._writing = threading.Lock()
        self._hosts = {target.name: HostTail(target, HostLogs(choice), sieve.anew()) for target in fleet.targets}

    def find_logs(self, target: Target, lines: int) -> None:
        """What there is on a host."""
        self._hosts[target.name].begin(lines)

    def show_backlog(self, _: Target, follow: bool) -> None:
        """The lines that there are, of all hosts in time order. Raises ConfigurationError where no log is meant."""
        hosts = self._hosts.values()
        logs = [(host, log) for host in hosts for log in host.open.values()]
        if not logs:
            self._require_a_release()
            raise self._choice.unknown(set().union(*(host.logs.there for host in hosts)))
        self._writer.know(log.log.source for _, log in logs)
        self._write(self._while_wanted(merged([host.backlog(log, not follow) for host, log in logs])))

    def follow(self, target: Target) -> None:
        """The lines of a host as they come. Ends by the Interrupted of Ctrl-C."""
        host = self._hosts[target.name]
        while not self.nobody_reads:
            lines = self._news(host)
            with self._writing:
                self._writer.know(log.log.source for log in host.open.values())
                self._write(lines)

    def _news(self, host: HostTail) -> Sequence[LogLine]:
        """What a host writes. That it is lost is told now, since the others may go on for hours."""
        try:
            return tuple(host.news())
        except Unreachable as lost:
            text = f"{lost.cause}: nothing of it is shown any more"
            self._fleet.tell(Event(Kind.WARNING, time.time(), host.target.name, text=text))
            raise

    def _require_a_release(self) -> None:
        """Raises ConfigurationError where no host has one: then it is no wonder that there is no log."""
        stocks = [host.stock for host in self._hosts.values() if host.stock is not None]
        if not any(stock.live_release for stock in stocks):
            stocks[0].require_live()

    def watch_reader(self, descriptor: int) -> None:
        """End when whoever reads a pipe leaves, though there may be no line to be written for long."""

        def watch() -> None:
            reader = select.poll()
            reader.register(descriptor, 0)  # POLLERR comes unasked: the other end is closed
            reader.poll()
            self._end()

        threading.Thread(target=watch, name="reader", daemon=True).start()

    def _while_wanted(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        for line in lines:
            self._fleet.require_going(self.show_backlog)
            yield line

    def _write(self, lines: Iterable[LogLine]) -> None:
        """A reader that has left ends the command; the sessions live on until then."""
        try:
            self._writer(lines)
        except BrokenPipeError:
            self._end()

    def _end(self) -> None:
        self.nobody_reads = True
        self._fleet.stop()


def writer_of(json: bool) -> Writer:
    """Lines behind names, or objects, on standard output."""
    from backline.report.follow import Follower, JsonFollower

    return JsonFollower(sys.stdout) if json else Follower(sys.stdout)
