"""`~/.ssh/config`, read once a run: its text with what it includes, and what it says of one host.

What the inventory says stands in front of it, as `ssh -o` does, for of a setting that is given twice the first counts.
"""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backline.resources.failure import ConfigurationError

if TYPE_CHECKING:
    from paramiko.config import SSHConfigDict

    from backline.settings.connection import ConnectionSettings

PERSONAL = "~/.ssh/config"
OF_THE_MACHINE = "/etc/ssh/ssh_config"
NO_FILE = "none"
DEEPEST = 16
"""Files that include each other, as many as ssh follows."""
EVERY_HOST = "Host *"
LEADING_ELSEWHERE = ("hostname", "port", "proxyjump", "proxycommand", "match", "canonicalizehostname")
"""Words, in small letters, without which one gets to where the inventory says."""


def configuration_text(chosen: str) -> str:
    """The chosen file's text, else that of the person's and the machine's, with what they include.

    Raises ConfigurationError where the chosen one cannot be read."""
    if chosen == NO_FILE:
        return ""
    if chosen:
        if not os.path.exists(chosen):
            raise ConfigurationError(f"there is no {chosen}", hint="ansible_ssh_common_args names it, with -F")
        return "\n".join(_lines(chosen, os.path.expanduser("~/.ssh"), 0))
    personal = os.path.expanduser(PERSONAL)
    return "\n".join(
        [
            *_lines(personal, os.path.dirname(personal), 0),
            EVERY_HOST,  # what stands at the head of the next file is for all hosts again
            *_lines(OF_THE_MACHINE, os.path.dirname(OF_THE_MACHINE), 0),
        ]
    )


def host_options(settings: ConnectionSettings, text: str) -> SSHConfigDict:
    """What the inventory and the configuration say together of the host. Raises ConfigurationError."""
    from paramiko.config import SSHConfig
    from paramiko.ssh_exception import ConfigParseError, CouldNotCanonicalize

    said = "\n".join(_said(settings))
    try:
        return SSHConfig.from_text(f"{said}\n{text}").lookup(settings.host)
    except (ConfigParseError, CouldNotCanonicalize, ValueError) as error:
        raise ConfigurationError(
            f"the configuration of ssh cannot be read: {error}",
            hint=f"what does ssh say of it?  ssh -G {shlex.quote(settings.host)}",
        ) from error


def leads_elsewhere(text: str) -> bool:
    """Whether what stands in the configuration may have another address, or a way there, for some host."""
    return any(_split(line)[0] in LEADING_ELSEWHERE for line in text.splitlines())


def _said(settings: ConnectionSettings) -> Iterator[str]:
    """The inventory's words, as lines of a configuration."""
    words = {
        "Port": str(settings.port or ""),
        "User": settings.user,
        "IdentityFile": settings.key_file,
        "CertificateFile": settings.certificate_file,
        "IdentitiesOnly": "yes" if settings.identities_only else "",
        "UserKnownHostsFile": shlex.quote(settings.known_hosts_file) if settings.known_hosts_file else "",
        "HostKeyAlias": settings.host_key_alias,
        "ProxyJump": settings.proxy_jump,
        "ProxyCommand": settings.proxy_command or ("none" if settings.proxy_jump else ""),
    }
    if settings.proxy_command:
        words["ProxyJump"] = NO_FILE
    for word, value in words.items():
        if "\n" in value:
            raise ConfigurationError(f"a line break in what is to be ssh's {word}: {value!r}")
        if value:
            yield f"{word} {value}"


def _lines(path: str, folder: str, depth: int) -> Iterator[str]:
    """The file's lines, included files in their place; after one of these the host that it stood under goes on."""
    block = EVERY_HOST
    for line in _read(path):
        word, rest = _split(line)
        if word in ("host", "match"):
            block = line
        if word != "include":
            yield line
        elif depth < DEEPEST:
            for name in shlex.split(rest):
                pattern = os.path.join(folder, os.path.expanduser(name))
                for found in sorted(glob.glob(pattern)):
                    yield from _lines(found, folder, depth + 1)
            yield block


def _read(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigurationError(f"the configuration of ssh, {path}, cannot be read: {error.strerror}") from error


def _split(line: str) -> tuple[str, str]:
    """The first word, in small letters, and the rest."""
    word, _, rest = line.strip().replace("=", " ", 1).replace("\t", " ", 1).partition(" ")
    return word.lower(), rest.strip()
