"""The sandbox's folders, keys and server: made, and started as a process that belongs to nobody."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import backline
from backline.commands.sandbox.environment import PATH_VARIABLE, login_environment
from backline.commands.sandbox.keys import ensure_key, known_hosts_line
from backline.commands.sandbox.location import Location
from backline.commands.sandbox.login import lets_us_in
from backline.resources.failure import Failure

PATIENCE = 30.0
"""Seconds until the server must listen; on an idle machine it takes 0.3."""

LOG_LINES = 15


def lay_out(location: Location) -> None:
    """Make the root and the keys: the user's alone, since other users of the machine reach the ports."""
    for directory in (location.root, location.own_directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    ensure_key(location.host_key)
    ensure_key(location.client_key)


def launch(location: Location, port: int) -> int:
    """Start the server, on that port if it is free; returns its port once it has let us in."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="ascii") as announcement:
        try:
            _spawn(location, port, writing)
        finally:
            os.close(writing)
        ready, _, _ = select.select([announcement], [], [], PATIENCE)
        announced = announcement.read() if ready else ""
    if not announced:
        raise _did_not_start(location, "the sandbox's SSH server did not start")
    actual = int(announced)
    location.known_hosts.write_text(known_hosts_line(ensure_key(location.host_key), actual), encoding="ascii")
    if not lets_us_in(location, actual):
        raise _did_not_start(location, "the sandbox's SSH server started, but does not let us in")
    return actual


def _spawn(location: Location, port: int, announce: int) -> None:
    """The process that we start ends at once; the server is its child, and nobody's."""
    environment = login_environment(location.root, os.environ)
    environment[PATH_VARIABLE] = os.environ.get(PATH_VARIABLE, "")
    environment["PYTHONPATH"] = str(Path(backline.__file__).resolve().parents[1])
    arguments = ("--root", str(location.root), "--port", str(port), "--announce", str(announce))
    with location.server_log.open("ab") as log:
        subprocess.run(
            (sys.executable, "-m", "backline.commands.sandbox.server", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment,
            pass_fds=(announce,),
            check=False,
        )


def _did_not_start(location: Location, cause: str) -> Failure:
    lines = location.server_log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    return Failure(cause, lines=tuple(lines), hint=f"see {location.server_log}; then inv sandbox.down")
