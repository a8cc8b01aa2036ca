"""The reader's own server: a real sshd, and of the inventory what DNS and a key agent would know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backline.commands.sandbox.processes import stop_processes
from tests.host.openssh import free_port, start_openssh

NAME = "web1"


@contextmanager
def own_server(directory: Path, project: Path) -> Iterator[Path]:
    """Start it in an empty directory, and let the inventory's host web1 be it. Yields its user's home."""
    server = start_openssh(directory)
    variables = {**server.variables, "nginx_listen": f"127.0.0.1:{free_port()}"}
    file = project / "inventory" / "host_vars" / NAME / "connection.yml"
    file.parent.mkdir(parents=True)
    file.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in variables.items()))
    try:
        yield server.home
    finally:
        stop_processes(server.home)
        server.stop()
