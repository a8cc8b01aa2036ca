"""All labs of a user: a network is claimed for a new one, and what a dead test run left is cleared away."""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator
from contextlib import contextmanager

from tests.lab.faults import LabError
from tests.lab.lab import Lab, Wanted
from tests.lab.network import candidates, networks_used
from tests.lab.places import labs_folder, locked, make_folder
from tests.lab.processes import Process, this_process
from tests.lab.records import LabRecord, all_records, read_record
from tests.lab.requirements import require_lab

_counter = itertools.count(1)


@contextmanager
def lab_of_this_run(wanted: Wanted) -> Generator[Lab]:
    """A lab that is this process's own, and goes with it. Raises NoLabHere where there can be none."""
    require_lab()
    clear_abandoned()
    lab = claimed(f"run-{os.getpid()}-{next(_counter)}", this_process())
    try:
        lab.adjust(wanted)
        yield lab
    finally:
        lab.down()


def opened(name: str) -> Lab | None:
    """A lab that is up, None where there is none of this name, or what there was went with a restart of the machine."""
    record = read_record(name)
    if record is None:
        return None
    lab = Lab(record)
    if record.network.is_there:
        return lab
    lab.down()
    return None


def claimed(name: str, owner: Process | None) -> Lab:
    """A new lab without hosts, on a network that nobody else uses."""
    with locked(labs_folder() / "all"):
        for network in candidates([*networks_used()]):
            record = LabRecord(name, network, owner)
            make_folder(record.folder)
            record.save()  # before anything is there, so that nothing is there without it
            if network.claim():
                return Lab(record)
            record.forget()
    raise LabError("no network is free for a lab")


def clear_abandoned() -> None:
    """Take down the labs of test runs that have died, and no others."""
    with locked(labs_folder() / "all"):
        for record in all_records():
            if record.owner is not None and not record.owner.alive:
                Lab(record).down()
