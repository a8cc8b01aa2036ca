"""The sandbox's SSH server, a process of its own: `python -m backline.commands.sandbox.server --root ROOT`.

It leaves whoever started it, listens on 127.0.0.1, writes down who it is, and says on which port.
"""

from __future__ import annotations

import argparse
import functools
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import paramiko

from backline.commands.sandbox.connection import Connection, HostTransport, SandboxHost
from backline.commands.sandbox.environment import login_environment, user_name
from backline.commands.sandbox.kernel import boot_id, process_state
from backline.commands.sandbox.keys import ensure_key
from backline.commands.sandbox.location import Location
from backline.commands.sandbox.records import ServerRecord, write_record
from backline.commands.sandbox.sftp import Files, FileServer

ADDRESS = "127.0.0.1"
BACKLOG = 128
LOG_LINE = "%(asctime)s %(name)s %(levelname)s: %(message)s"
log = logging.getLogger("backline.sandbox")


def main(arguments: Sequence[str] | None = None) -> None:
    """Become a process that nobody waits for, and serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the home of the sandbox's user")
    parser.add_argument("--port", type=int, default=0, help="the port to take if it is free")
    parser.add_argument("--announce", type=int, required=True, help="a descriptor to write the port to")
    options = parser.parse_args(arguments)
    if os.fork():
        os._exit(0)
    os.setsid()
    _be_as_after_a_login()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=LOG_LINE)
    location = Location(project=options.root, root=options.root)
    listener = listen(options.port)
    port = int(listener.getsockname()[1])
    _write_record(location, port)
    with os.fdopen(options.announce, "w", encoding="ascii") as announcement:
        announcement.write(str(port))
    serve(listener, location)


def _be_as_after_a_login() -> None:
    """Undo what our starter left us, or commands would inherit it: a shell's `&` ignores the signals of ^C and ^\\."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(0o022)


def _write_record(location: Location, port: int) -> None:
    own = process_state(os.getpid())
    assert own is not None
    write_record(location.server_record, ServerRecord(own.pid, own.start_time, boot_id(), port))


def listen(port: int) -> socket.socket:
    """A listening socket on that port, or on a free one where it is taken."""
    for wanted in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, wanted))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            if not wanted:
                raise
            continue
        return listener
    raise AssertionError("port 0 is always free, or raises")


def serve(listener: socket.socket, location: Location) -> None:
    """Take connections for ever; each has a thread of its own, that of its transport."""
    host_key = ensure_key(location.host_key)
    host = SandboxHost(
        user=user_name(),
        authorized_key=ensure_key(location.client_key),
        root=location.root,
        environment=login_environment(location.root, os.environ),
    )
    while True:
        try:
            client, _ = listener.accept()
        except OSError as error:
            log.error("cannot take a connection: %s", error)
            # Out of descriptors: the next accept would fail at once, as long as nobody leaves.
            threading.Event().wait(0.2)
            continue
        try:
            _welcome(client, host, host_key)
        except Exception:
            # One client that leaves at a bad moment must not end the host for all.
            log.exception("a connection could not be served")
            client.close()


def _welcome(client: socket.socket, host: SandboxHost, host_key: paramiko.PKey) -> None:
    # Paramiko never sets it, and small answers would wait 40 ms for an acknowledgement.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = Connection(host)
    transport = HostTransport(client, connection)
    transport.daemon = True
    transport.add_server_key(host_key)
    transport.set_subsystem_handler("sftp", FileServer, functools.partial(Files, root=host.root))
    transport.start_server(event=threading.Event(), server=connection)


if __name__ == "__main__":
    main()
