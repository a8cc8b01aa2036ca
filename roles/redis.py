"""Redis or Valkey, whichever the host has, as the broker: on a Unix socket, for the one user."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from backline.resources.directory import Directory
from backline.resources.plan import Entry
from backline.resources.program import Program
from backline.resources.resource import Resource
from backline.resources.service import Service
from backline.resources.wheels import VALKEY, VALKEY_PROGRAM
from backline.settings.rootless import found_or_brought, own_directory, require_rootless, tool
from backline.settings.settings import Objection, Settings
from backline.settings.socket_paths import require_bindable

BRINGS = ("app", "virtualenv", "supervisor")

PROGRAM = "redis"
"""One server a user, shared by the apps: a broker keeps them apart by database number or by queue."""

_SIZE = re.compile(r"[0-9]+([kmg]b?)?", re.IGNORECASE)


@dataclass(frozen=True)
class RedisSettings(Settings):
    """The variables of the role redis."""

    redis_socket: str = "{{ ansible_user_dir }}/.backline/redis.sock"
    """Where it listens: `redis+socket://<this path>` is the broker's address. It listens on no port."""
    redis_max_memory: str = "0"
    """`256mb`, for one; when it is full, writing fails and nothing is thrown away. 0: what the host has."""

    def objections(self) -> Iterator[Objection]:
        """What types do not say."""
        if not self.redis_socket.startswith("/"):
            yield Objection("redis_socket", "must be an absolute path")
        if not _SIZE.fullmatch(self.redis_max_memory):
            yield Objection("redis_max_memory", "must be a size, such as 256mb, or 0")


def resources(redis: RedisSettings) -> Iterator[Resource | Entry]:
    """The server, its data directory, and the Supervisor program that runs it."""
    require_rootless(redis.app, "redis")
    require_bindable(redis.redis_socket, "redis_socket")
    server = tool(redis.app, "redis-server")
    directory = f"{own_directory(redis.app)}/redis"
    yield found_or_brought(redis.app, "redis-server", ("valkey-server", "redis-server"), VALKEY, VALKEY_PROGRAM)
    yield Directory(directory, mode=0o700)
    yield Service(
        program=Program(
            name=PROGRAM,
            command=(server, *_options(redis, directory)),
            directory=directory,
            log_file=posixpath.join(directory, "redis.log"),
            environment={"HOME": redis.app.home},
            patience=60,
            priority=10,
        ),
        supervisor=redis.supervisor.socket,
        include_directory=redis.supervisor.include_directory,
        python=redis.supervisor.python,
    )


def _options(redis: RedisSettings, directory: str) -> tuple[str, ...]:
    """Every task that was accepted is in the append-only file; snapshots would only copy it."""
    return (
        *("--port", "0"),
        *("--unixsocket", redis.redis_socket, "--unixsocketperm", "700"),
        *("--dir", directory),
        *("--appendonly", "yes", "--save", ""),
        *("--maxmemory", redis.redis_max_memory, "--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    )
