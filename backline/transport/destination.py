"""Where a connection goes and what it shows there: the inventory's word, then ssh's configuration, then defaults."""

from __future__ import annotations

import getpass
import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.transport.known_hosts import SSH_PORT, known_name
from backline.transport.ssh_config import NO_FILE, host_options

if TYPE_CHECKING:
    from paramiko.config import SSHConfigDict

    from backline.resources.secret import Secret
    from backline.settings.connection import ConnectionSettings

USER_KNOWN_HOSTS = "~/.ssh/known_hosts ~/.ssh/known_hosts2"
GLOBAL_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"


@dataclass(frozen=True)
class Destination:
    """One SSH server and how to log in there. Files are whole paths; there may be none."""

    host: str
    port: int
    user: str
    key_files: tuple[str, ...]
    """Those that somebody configured, in the order in which they are offered."""
    certificate_files: tuple[str, ...]
    identities_only: bool
    """Offer nothing else that an agent may have."""
    known_hosts: tuple[str, ...]
    """Files; the first is where an accepted key is written."""
    known_as: str
    """The name by which these files know the host."""
    hashed_names: bool
    """Whether ssh would write that name as a hash."""
    proxy_jump: str
    proxy_command: str
    password: Secret | None
    timeout: int
    hint: str
    """What to say besides when it cannot be reached."""

    @property
    def place(self) -> str:
        """As people call it."""
        return self.host if self.port == SSH_PORT else f"{self.host} port {self.port}"


def destination_of(settings: ConnectionSettings, text: str) -> Destination:
    """`text` is that of ssh's configuration. Raises ConfigurationError."""
    said = host_options(settings, text)
    port = said.get("port", str(SSH_PORT))
    if not port.isdecimal():
        raise ConfigurationError(f"the configuration of ssh gives {settings.host} the port {port}, which is no number")
    known_as = said.get("hostkeyalias", "").lower() or known_name(said["hostname"], int(port))
    return Destination(
        host=said["hostname"],
        port=int(port),
        user=said.get("user") or getpass.getuser(),
        key_files=tuple(os.path.expanduser(file) for file in said.get("identityfile", []) if file != NO_FILE),
        certificate_files=_files(said, "certificatefile", ""),
        identities_only=said.get("identitiesonly", "no").lower() in ("yes", "true"),
        known_hosts=(
            *_files(said, "userknownhostsfile", USER_KNOWN_HOSTS),
            *_files(said, "globalknownhostsfile", GLOBAL_KNOWN_HOSTS),
        ),
        known_as=known_as,
        hashed_names=said.get("hashknownhosts", "no").lower() == "yes",
        proxy_jump=_unless_none(said.get("proxyjump")),
        proxy_command=_unless_none(said.get("proxycommand")),
        password=settings.password,
        timeout=settings.timeout,
        hint=settings.unreachable_hint,
    )


def _files(said: SSHConfigDict, option: str, default: str) -> tuple[str, ...]:
    """The files that an option lists, `%d`, `%h`, `%p`, `%r` and `~` replaced as ssh replaces them."""
    named = shlex.split(said.get(option, default))
    return tuple(os.path.expanduser(_replaced(name, said)) for name in named if name != NO_FILE)


def _replaced(text: str, said: SSHConfigDict) -> str:
    values = {
        "%d": os.path.expanduser("~"),
        "%h": said["hostname"],
        "%p": said.get("port", str(SSH_PORT)),
        "%r": said.get("user", ""),
    }
    for token, value in values.items():
        text = text.replace(token, value)
    return text


def _unless_none(value: str | None) -> str:
    return "" if not value or value.lower() == NO_FILE else value


def hops_of(destination: Destination) -> Sequence[str]:
    """The hosts to go through, the nearest first, as they are written."""
    return [hop.strip() for hop in destination.proxy_jump.split(",") if hop.strip()]
