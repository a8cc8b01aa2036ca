"""What a run found on one host, and what can be read from that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from backline.agent.steps.read_app import AppState
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError, Failure
from backline.resources.process import Process
from backline.resources.records import GenerationRecord, ReleaseRecord
from backline.settings.settings import HostSettings

LABEL = re.compile(r"-(r\d+(?:-\d+)?)$")
"""The generation at the end of a program's name."""


@dataclass(frozen=True)
class KnownProgram:
    """A process, and the generation that it is of."""

    generation: GenerationRecord
    process: Process

    @property
    def age(self) -> tuple[int, int]:
        """The later, the higher."""
        return (self.generation.release, self.generation.attempt)


@dataclass(frozen=True)
class Stock:
    """One host as it was when the lock was taken; `name` is the inventory's."""

    name: str
    settings: HostSettings
    state: AppState

    @property
    def live_number(self) -> int:
        """The number of the live release, 0 where there is none."""
        return self.state.live.release if self.state.live else 0

    @property
    def live_name(self) -> str:
        """The live release's; empty where there is none."""
        return f"r{self.live_number}" if self.live_number else ""

    @property
    def live_release(self) -> ReleaseRecord | None:
        return self._found(self.live_number)

    def require_live(self) -> ReleaseRecord:
        """The live release. Raises ConfigurationError where there is none."""
        live = self.live_release
        if live is None:
            raise ConfigurationError(
                "no release is live here yet", host=self.name, hint=f"the first one:  inv deploy --host {self.name}"
            )
        return live

    def release(self, number: int) -> ReleaseRecord:
        """A release that is on the host. Raises ConfigurationError with those that are."""
        found = self._found(number)
        if found is None:
            there = ", ".join(f"r{record.number}" for record in self.state.releases) or "none"
            raise ConfigurationError(
                f"r{number} is not on the host; there: {there}", host=self.name, hint=f"inv releases --host {self.name}"
            )
        return found

    def once_live(self, number: int) -> ReleaseRecord:
        """A release to go back to. Raises ConfigurationError where it is not there, or never was live and proved."""
        found = self._found(number)
        if found is not None and number in self.state.good:
            return found
        good = ", ".join(f"r{item}" for item in self.state.good if self._found(item)) or "none"
        reason = "is not on the host" if found is None else "was never live"
        raise ConfigurationError(
            f"r{number} {reason}; to go back to there are: {good}",
            host=self.name,
            hint=f"inv releases --host {self.name}",
        )

    @cached_property
    def generations(self) -> tuple[GenerationRecord, ...]:
        """Those that can be read. One that was written by another Backline may name what this one does not know; that
        matters only where its programs serve. Raises Failure then."""
        return tuple(record for text in self.state.generations for record in self._readable(text))

    def _readable(self, text: str) -> Iterator[GenerationRecord]:
        try:
            yield GenerationRecord.from_json(text)
        except Failure as failure:
            if any(json.dumps(word) in text for word in self._words_of_what_serves()):
                folder = f"{self.settings.app.state_directory}/generations"
                by_hand = f"end its programs by hand and remove its file in {folder}, then deploy again"
                failure.hint = failure.hint or f"use the Backline that started it; or {by_hand}"
                failure.host = self.name
                raise

    def _words_of_what_serves(self) -> Iterator[str]:
        """The programs that serve, and their generations: either is in a record that is about them."""
        yield from self.live_programs
        for name in self.live_programs:
            yield from LABEL.findall(name)
        yield from self.state.live.generations if self.state.live else ()

    @property
    def live_attempts(self) -> tuple[int, ...]:
        """The attempts of the generations of the live release that serve."""
        return tuple(
            generation.attempt
            for generation in self.generations
            if any(self.serves(generation, process) for process in generation.processes)
        )

    @property
    def next_attempt(self) -> int:
        """The attempt of the next generation of the live release."""
        return 1 + max((item.attempt for item in self.generations if item.release == self.live_number), default=0)

    def live_processes(self) -> tuple[Process, ...]:
        """The processes that serve now, each from the generation that it is of."""
        return tuple(one.process for one in self.serving())

    def serving(self) -> tuple[KnownProgram, ...]:
        """The same with their generations."""
        return tuple(one for one in self._every_program if self.serves(one.generation, one.process))

    def serves(self, generation: GenerationRecord, process: Process) -> bool:
        """Whether a process serves as this generation has it: in plain mode the next has one of the same name."""
        return self.state.live is not None and self.state.live.serves(process.program.name, generation.label)

    @cached_property
    def known_programs(self) -> Mapping[str, KnownProgram]:
        """Every program that a generation had, by name: of the generation that serves, else of the newest."""
        every = sorted(self._every_program, key=lambda one: (self.serves(one.generation, one.process), one.age))
        return {one.process.program.name: one for one in every}

    @property
    def _every_program(self) -> Iterator[KnownProgram]:
        for generation in self.generations:
            for process in generation.processes:
                yield KnownProgram(generation, process)

    @property
    def live_programs(self) -> tuple[str, ...]:
        """The names of the programs that serve."""
        return self.state.live.programs if self.state.live else ()

    def earlier_live(self) -> int:
        """What was live before the origin of the live release: where a rollback goes when it is not told where to.

        By the origin, so that two rollbacks go two releases back and never toggle. Raises ConfigurationError."""
        origin = self.require_live().origin
        before = self.state.good[: self.state.good.index(origin)] if origin in self.state.good else self.state.good
        for number in reversed(before):
            record = self._found(number)
            if record and record.origin != origin:
                return record.origin if self._found(record.origin) else number
        raise ConfigurationError(
            f"there is nothing to roll back to before r{origin}",
            host=self.name,
            hint=f"what is there:  inv releases --host {self.name}\na new one:      inv deploy --host {self.name}",
        )

    def _found(self, number: int) -> ReleaseRecord | None:
        return next((record for record in self.state.releases if record.number == number), None)
