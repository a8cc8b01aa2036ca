"""The proof that a sandbox is up: its server shows the right key and lets the right user in."""

from __future__ import annotations

import contextlib
import logging
import socket

import paramiko

from backline.commands.sandbox.environment import user_name
from backline.commands.sandbox.keys import ensure_key
from backline.commands.sandbox.location import Location

PATIENCE = 15.0
"""Seconds for each part of a login; on an idle machine it takes 0.02."""

# What goes wrong here is told by our own words; without a handler, logging prints Paramiko's to standard error.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


def lets_us_in(location: Location, port: int) -> bool:
    """Whether the sandbox's own server answers on that port and accepts the client's key."""
    try:
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) as connection:
            return _log_in(location, connection)
    except (OSError, EOFError, paramiko.SSHException):
        return False


def _log_in(location: Location, connection: socket.socket) -> bool:
    transport = paramiko.Transport(connection)
    try:
        transport.start_client(timeout=PATIENCE)
        if transport.get_remote_server_key() != ensure_key(location.host_key):
            return False
        transport.auth_timeout = PATIENCE
        transport.auth_publickey(user_name(), ensure_key(location.client_key))
        return transport.is_authenticated()
    finally:
        transport.close()
