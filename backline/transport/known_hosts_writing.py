"""Lines of a known_hosts file written and taken out, the way ssh and ssh-keygen do it."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backline.resources.failure import Failure
from backline.transport.known_hosts import KnownKey, hashed

if TYPE_CHECKING:
    from backline.transport.host_key_scan import Shown, ShownKey

HASHED = b"|1|"


def accept(shown: Shown, keys: Sequence[ShownKey]) -> Path:
    """Write these keys into the destination's file, after taking out those that they replace; returns the file.

    Raises Failure where a replaced key stands in a file that is not the person's own."""
    destination = shown.destination
    if not destination.known_hosts:
        raise Failure(
            "ssh's configuration names no known_hosts file in which a key could be remembered",
            hint="take UserKnownHostsFile none out of it",
        )
    file = Path(destination.known_hosts[0])
    foreign = [entry.place for entry in shown.replaced if entry.file != str(file)]
    if foreign:
        raise Failure(
            f"another key of {destination.place} is known by a file that is not {file}: nothing was written",
            lines=tuple(foreign),
            hint="take that line out by hand, or have whoever looks after the file do it",
        )
    before = file.read_bytes() if file.exists() else b""
    kept = _without(before, shown.replaced)
    has_hashed = destination.hashed_names or any(line.startswith(HASHED) for line in before.splitlines())
    known = {entry.blob for entry in shown.plainly_known}
    lines = [_line(destination.known_as, key, has_hashed) for key in keys if key.blob not in known]
    if kept and not kept.endswith(b"\n"):
        kept += b"\n"
    _write(file, kept + "".join(lines).encode(), before)
    return file


def _line(name: str, key: ShownKey, has_hashed: bool) -> str:
    return f"{hashed(name) if has_hashed else name} {key.kind} {base64.b64encode(key.blob).decode()}\n"


def _without(content: bytes, entries: Sequence[KnownKey]) -> bytes:
    """The lines of a file that are not these entries."""
    gone = {entry.line for entry in entries}
    return b"".join(line for number, line in enumerate(content.splitlines(keepends=True), 1) if number not in gone)


def _write(file: Path, content: bytes, before: bytes) -> None:
    """Whole or not at all; what was there is kept beside it, as ssh-keygen does, where a line was taken out."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if before and not content.startswith(before):
        _put(file.with_name(f"{file.name}.old"), before)
    _put(file, content)


def _put(file: Path, content: bytes) -> None:
    target = file.resolve()  # a link to the real file stays one
    candidate = target.with_name(f"{target.name}.{os.getpid()}")
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
    descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as writing:
        writing.write(content)
        os.fchmod(writing.fileno(), mode)
        writing.flush()
        os.fsync(writing.fileno())
    candidate.rename(target)
