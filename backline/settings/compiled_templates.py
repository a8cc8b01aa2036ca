"""Templates as Jinja2 compiled them, kept from run to run as Python keeps bytecode: it takes longer than rendering."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket

MOST = 500
"""Templates, also of projects that are long gone; with more, all are forgotten."""


class KeptTemplates(FileSystemBytecodeCache):
    """Where nothing can be written, nothing is kept."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def kept_templates(kind: type[Environment]) -> KeptTemplates | None:
    """What is kept is run, so it lies where nobody else may write; None where there is no such place. Each kind of
    environment has a folder of its own: what one compiled, another would run without revealing its secrets."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(caches) / "backline" / "templates" / kind.__name__
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return None
        kept = KeptTemplates(str(folder))
        if len(os.listdir(folder)) > MOST:
            kept.clear()
    except OSError:
        return None
    return kept
