"""Redis as the broker: Debian's, on a port; rootless one of the user's own, Redis or Valkey, on a Unix socket."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from backline.resources.actions.service_order import Order, ServiceOrder
from backline.resources.dataclass import dataclass
from backline.resources.directory import Directory
from backline.resources.emptied import Emptied
from backline.resources.file import File
from backline.resources.group import Group
from backline.resources.line import Line
from backline.resources.packages import Packages
from backline.resources.plan import Entry, Handler, notifying
from backline.resources.program import Program
from backline.resources.resource import Resource
from backline.resources.secret import Secret
from backline.resources.service import Service
from backline.resources.system_service import SystemService
from backline.resources.wheels import VALKEY, VALKEY_PROGRAM
from backline.settings.own_places import found_or_brought, own_directory, tool
from backline.settings.settings import Objection, Settings
from backline.settings.socket_paths import require_bindable

BRINGS = ("app", "virtualenv", "supervisor")

PROGRAM = "redis"
"""One server a user, shared by the apps: a broker keeps them apart by database number or by queue."""

SERVICE = "redis-server"
MAIN, OURS = "/etc/redis/redis.conf", "/etc/redis/backline.conf"
SYSTEM_LOGS = ("/var/log/redis/redis-server.log",)
PACKAGE = Packages(
    (SERVICE,),
    brings=(Group("redis"), Directory("/etc/redis"), File(MAIN, "", 0o640, group="redis"), SystemService(SERVICE)),
)

LOCAL = ("127.0.0.1", "::1", "localhost")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]+|localhost")
_PASSWORD = re.compile(r"[A-Za-z0-9._~-]*")
_SIZE = re.compile(r"[0-9]+([kmg]b?)?", re.IGNORECASE)


@dataclass(frozen=True)
class RedisSettings(Settings):
    """The variables of the role redis."""

    redis_socket: str = "{{ ansible_user_dir }}/.backline/redis.sock"
    """Rootless: where it listens: `redis+socket://<this path>` is the broker's address. It listens on no port."""
    redis_listen: tuple[str, ...] = ()
    """With root: the host's addresses at which it listens, port 6379, where workers are elsewhere:
    `[127.0.0.1, 10.0.0.5]`. None: as its redis.conf says, which is 127.0.0.1 on Debian."""
    redis_password: str | Secret = ""
    """With root: what clients must know: `redis://:<password>@…`. Empty: as its redis.conf says, which is nothing."""
    redis_max_memory: str = "0"
    """`256mb`, for one; when it is full, writing fails and nothing is thrown away. 0: what the host has."""

    def objections(self) -> Iterator[Objection]:
        """What types do not say."""
        if not self.redis_socket.startswith("/"):
            yield Objection("redis_socket", "must be an absolute path")
        for address in self.redis_listen:
            if not _ADDRESS.fullmatch(address):
                yield Objection("redis_listen", f'must be addresses of the host, but "{address}" is none')
        if any(address not in LOCAL for address in self.redis_listen) and not self.redis_password:
            yield Objection("redis_listen", "lets other hosts in: set redis_password too")
        if not _PASSWORD.fullmatch(_revealed(self.redis_password)):
            yield Objection("redis_password", "must be letters, digits and -_.~, which a URL carries too")
        if not _SIZE.fullmatch(self.redis_max_memory):
            yield Objection("redis_max_memory", "must be a size, such as 256mb, or 0")


def resources(redis: RedisSettings) -> Iterator[Resource | Entry]:
    """The host's own server; rootless one of the user's own."""
    return _of_the_user(redis) if redis.app.rootless else _of_the_system(redis)


def _of_the_system(redis: RedisSettings) -> Iterator[Resource | Entry]:
    """Debian's server with its configuration as it is, and what is set here in a file that it includes last. What was
    set once and is no more leaves that file empty."""
    yield PACKAGE
    text = configuration_text(redis)
    restart = Handler("restart redis", ServiceOrder(SERVICE, Order.RESTART))
    if not text:
        yield notifying(Emptied(OURS), restart)
    else:
        yield notifying(File(OURS, text, 0o640, group="redis"), restart)
        yield notifying(Line(MAIN, f"include {OURS}"), restart)
    yield SystemService(SERVICE)


def configuration_text(redis: RedisSettings) -> str | Secret:
    """What is set of the host's own server; empty where nothing is."""
    password, memory = _revealed(redis.redis_password), redis.redis_max_memory
    lines = (
        *((f"bind {' '.join(redis.redis_listen)}",) if redis.redis_listen else ()),
        *((f"requirepass {password}",) if password else ()),
        *((f"maxmemory {memory}", "maxmemory-policy noeviction") if memory != "0" else ()),
    )
    text = "".join(f"{line}\n" for line in lines)
    return Secret(text) if isinstance(redis.redis_password, Secret) else text


def _revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _of_the_user(redis: RedisSettings) -> Iterator[Resource | Entry]:
    """The server, its data directory, and the Supervisor program that runs it."""
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
