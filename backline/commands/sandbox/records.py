"""What the sandbox writes down: which process its server is, and what is kept for the next time."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import TypeVar

from backline.resources.dataclass import dataclass

FORMAT = 1


@dataclass(frozen=True)
class ServerRecord:
    """The server's process, beyond doubt: a pid comes again, not so with the same start in the same boot."""

    pid: int
    start_time: int
    """In clock ticks since the boot, as field 22 of /proc/PID/stat has it."""
    boot_id: str
    port: int


@dataclass(frozen=True)
class Memory:
    """What `down` must undo, and the ports that the next `up` takes again if they are free."""

    connection_file: str
    ssh_port: int
    site_port: int
    root: str = ""
    """Where the sandbox was made: the virtualenvs in it name that place."""


SomeRecord = TypeVar("SomeRecord", ServerRecord, Memory)


def write_record(path: Path, record: ServerRecord | Memory) -> None:
    """Replace a record, whole or not at all."""
    candidate = path.with_suffix(f".{os.getpid()}")
    candidate.write_text(json.dumps({"format": FORMAT, **dataclasses.asdict(record)}), encoding="utf-8")
    candidate.rename(path)


def read_record(path: Path, kind: type[SomeRecord]) -> SomeRecord | None:
    """The record in that file, or None where there is none that we understand."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return kind(**{field.name: found[field.name] for field in dataclasses.fields(kind) if field.name in found})
    except (OSError, ValueError, KeyError, TypeError):
        return None
