"""What is up, on disk: written before and after each act, so that whoever comes later can end it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.network import Network
from tests.lab.places import labs_folder, write_whole
from tests.lab.processes import Process

RECORD = "lab.json"
FORMAT = 1
"""To be raised with every change of what is below: checkouts of several versions share a folder."""


@dataclass
class HostRecord:
    """One host; `init` is its pid 1, `keeper` the program that put it into its namespaces, `carrier` delays frames."""

    number: int
    release: str
    image: str
    rtt_ms: float = 0.0
    is_cut: bool = False
    init: Process | None = None
    keeper: Process | None = None
    carrier: Process | None = None

    @property
    def name(self) -> str:
        return f"h{self.number}"

    @property
    def is_up(self) -> bool:
        return self.init is not None and self.init.alive


@dataclass
class LabRecord:
    """One lab. `owner` is the test run that it ends with; None for a person's, which stays until it is taken down."""

    name: str
    network: Network
    owner: Process | None
    packages: bool = False
    proxy: Process | None = None
    hosts: list[HostRecord] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return labs_folder() / self.name

    def save(self) -> None:
        write_whole(self.folder / RECORD, json.dumps({"format": FORMAT, **asdict(self)}, indent=1))

    def forget(self) -> None:
        """Everything is down."""
        shutil.rmtree(self.folder)


def read_record(name: str) -> LabRecord | None:
    """A lab by its name, None where there is none, or one that another version of this has made."""
    try:
        text = (labs_folder() / name / RECORD).read_text()
    except FileNotFoundError:
        return None
    form = json.loads(text)
    return _lab(form) if form.pop("format") == FORMAT else None


def all_records() -> Iterator[LabRecord]:
    for place in sorted(labs_folder().glob(f"*/{RECORD}")):
        record = read_record(place.parent.name)
        if record is not None:
            yield record


def _lab(form: dict[str, Any]) -> LabRecord:
    return LabRecord(
        **{
            **form,
            "network": Network(**form["network"]),
            "owner": _process(form["owner"]),
            "proxy": _process(form["proxy"]),
            "hosts": [_host(host) for host in form["hosts"]],
        }
    )


def _host(form: dict[str, Any]) -> HostRecord:
    return HostRecord(**{**form, **{name: _process(form[name]) for name in ("init", "keeper", "carrier")}})


def _process(form: dict[str, int] | None) -> Process | None:
    return Process(**form) if form else None
