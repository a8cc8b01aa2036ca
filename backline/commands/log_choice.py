"""Which logs are meant: of the workers, of the web, or of one program, on each host and as generations come."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from backline.commands.mistyped import Mistyped
from backline.deploy.stock import KnownProgram
from backline.report.log_lines import Source
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import ConfigurationError

if TYPE_CHECKING:
    from backline.deploy.stock import Stock
    from backline.resources.process import Process


@dataclass(frozen=True)
class Log:
    """A file on a host, and whose lines are in it."""

    path: str
    source: Source
    service: str = ""
    """Of one that the host itself runs: what its init system calls it."""


@dataclass(frozen=True)
class Choice:
    """`kinds` of processes, or with none every program. `only`: the one that is called so, in any generation."""

    kinds: tuple[str, ...] = ()
    only: str = ""

    def covers(self, process: Process) -> bool:
        """Whether this process is of a kind that is meant; services have no kind."""
        return not self.kinds or process.kind in self.kinds

    def names(self, name: str, program: str) -> bool:
        """Whether what is called so is meant."""
        return self.only in ("", name, program)

    def unknown(self, there: set[str]) -> ConfigurationError:
        """Nothing on any host is meant: say what there is."""
        what = "worker" if self.kinds else "program"
        if not self.only:
            return ConfigurationError("nothing runs here whose log is meant", hint="inv status")
        near = difflib.get_close_matches(self.only, sorted(there), n=1)
        suggestion = f"; did you mean {near[0]}?" if near else ""
        return Mistyped(
            f"no {what} is called {self.only}{suggestion}",
            option=f"--{what}",
            instead=near[0] if near else min(there, default="NAME"),
            lines=sorted(there),
        )


@dataclass
class HostLogs:
    """The logs of one host. A generation that comes while one follows brings its own."""

    choice: Choice
    logs: tuple[Log, ...] = ()
    there: set[str] = field(default_factory=set)
    """What could have been named."""
    _known: set[str] = field(default_factory=set)

    def begin(self, stock: Stock) -> None:
        """What serves or still runs now, and services where they can be meant; a host may have no release."""
        running = {item.name for item in stock.state.programs if not item.ended}
        shown = running | set(stock.live_programs)
        self._known = {generation.label for generation in stock.generations}
        programs = (one for name, one in stock.known_programs.items() if name in shown)
        self._take(_logs_of(stock, self.choice, programs))
        if not self.choice.kinds:
            self._take(_service_logs(stock))
        if self.choice.only and not self.choice.kinds:  # who does not ask for it by name has others to read
            from backline.commands.system_logs import system_logs

            self._take(system_logs(stock))

    def look_again(self, stock: Stock) -> tuple[Log, ...]:
        """The logs of generations that have come since."""
        labels = {generation.label for generation in stock.generations} - self._known
        self._known |= labels
        before = len(self.logs)
        new = (item for item in stock.generations if item.label in labels)
        programs = (KnownProgram(generation, process) for generation in new for process in generation.processes)
        self._take(_logs_of(stock, self.choice, programs))
        return self.logs[before:]

    def _take(self, logs: Iterator[Log]) -> None:
        for log in logs:
            self.there.add(log.source.name)
            if log not in self.logs and self.choice.names(log.source.name, log.source.program):
                self.logs = (*self.logs, log)


def _logs_of(stock: Stock, choice: Choice, programs: Iterable[KnownProgram]) -> Iterator[Log]:
    for one in programs:
        process, program = one.process, one.process.program
        if choice.covers(process):
            # In plain mode all generations write into one log, whose lines do not say of which they are.
            label = "" if process.in_place else one.generation.label
            yield Log(program.log_file, Source(stock.name, process.name or program.name, label, program.name))


def _service_logs(stock: Stock) -> Iterator[Log]:
    for item in stock.state.programs:
        if item.name not in stock.known_programs and item.log_file:
            yield Log(item.log_file, Source(stock.name, item.name, "", item.name))
