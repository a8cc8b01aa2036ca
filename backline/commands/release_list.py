"""What `inv releases` lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from backline.deploy.stock import Stock
from backline.report.shortening import short_moment, without_machine
from backline.report.tables import Column
from backline.resources.dataclass import dataclass
from backline.resources.records import ReleaseRecord

SHORT_COMMIT = 10


@dataclass(frozen=True)
class Listed:
    """One release on one host."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("host"),
        Column("release"),
        Column("", meaning=lambda cell: "good" if cell == "live" else ""),
        Column("commit"),
        Column("ref"),
        Column("made", short_moment),
        Column("by", without_machine, spare=1),
    )

    host: str
    release: str
    commit: str
    ref: str
    by: str
    at: str
    live: bool
    good: bool
    dirty: bool
    origin: str

    def row(self) -> tuple[str, ...]:
        """As a line of the table."""
        state = "live" if self.live else "good" if self.good else "never live"
        name = self.release if self.origin == self.release else f"{self.release} = {self.origin}"
        commit = self.commit[:SHORT_COMMIT] + ("+changes" if self.dirty else "")
        return (self.host, name, state, commit, self.ref, self.at, self.by)


def listed_releases(stock: Stock) -> Iterator[Listed]:
    """The releases of one host, the latest first."""
    for record in sorted(stock.state.releases, key=lambda record: -record.number):
        yield _listed(stock, record)


def _listed(stock: Stock, record: ReleaseRecord) -> Listed:
    return Listed(
        host=stock.name,
        release=f"r{record.number}",
        commit=record.commit,
        ref=record.ref,
        by=record.by,
        at=record.at,
        live=record.number == stock.live_number,
        good=record.number in stock.state.good,
        dirty=record.dirty,
        origin=f"r{record.origin}",
    )
