"""`ansible_ssh_common_args`: the words of ssh's command line that Backline follows; any other is refused by name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from backline.resources.dataclass import dataclass

LETTERS = {"J": "proxyjump", "i": "identityfile", "p": "port", "l": "user", "F": "configuration"}
OPTIONS = {
    "UserKnownHostsFile",
    "ProxyJump",
    "ProxyCommand",
    "IdentityFile",
    "IdentitiesOnly",
    "CertificateFile",
    "HostKeyAlias",
    "Port",
    "User",
}
WITHOUT_EFFECT = {
    "ControlMaster",
    "ControlPersist",
    "ControlPath",
    "Compression",
    "ServerAliveInterval",
    "ServerAliveCountMax",
    "TCPKeepAlive",
}
"""What tunes the program ssh, in inventories that Ansible reads too: Backline has one connection a host and its own
signs of life."""
SWITCH_WITHOUT_EFFECT = "-C"
KNOWN = {option.lower() for option in OPTIONS | WITHOUT_EFFECT}


class UnknownArgument(Exception):
    """A word of the command line that Backline does not follow."""


@dataclass(frozen=True)
class SshArguments:
    """What the arguments said; empty, or 0, where they said nothing."""

    known_hosts_file: str = ""
    proxy_jump: str = ""
    proxy_command: str = ""
    key_file: str = ""
    certificate_file: str = ""
    identities_only: bool = False
    host_key_alias: str = ""
    user: str = ""
    port: int = 0
    configuration: str = ""
    """A file instead of `~/.ssh/config`, or `none`."""


def ssh_arguments(text: str) -> SshArguments:
    """Read the arguments. Of a repeated option the first counts, as in ssh. Raises UnknownArgument."""
    said: dict[str, str] = {}
    for name, value in _options(text):
        said.setdefault(name, value)
    port = said.get("port", "0")
    if not port.isdecimal():
        raise UnknownArgument(f"the port {port} is not a number")
    return SshArguments(
        known_hosts_file=said.get("userknownhostsfile", ""),
        proxy_jump=said.get("proxyjump", ""),
        proxy_command=said.get("proxycommand", ""),
        key_file=said.get("identityfile", ""),
        certificate_file=said.get("certificatefile", ""),
        identities_only=said.get("identitiesonly", "no").lower() in ("yes", "true"),
        host_key_alias=said.get("hostkeyalias", ""),
        user=said.get("user", ""),
        port=int(port),
        configuration=said.get("configuration", ""),
    )


def _options(text: str) -> Iterator[tuple[str, str]]:
    try:
        words = iter(shlex.split(text))
    except ValueError as error:
        raise UnknownArgument(f"its quotes do not match ({error})") from error
    for word in words:
        if word == SWITCH_WITHOUT_EFFECT:
            continue
        letter, rest = word[1:2], word[2:]
        if not word.startswith("-") or letter not in {*LETTERS, "o"}:
            raise UnknownArgument(f"{word} is not something that Backline passes to SSH")
        value = rest or next(words, "")
        if not value:
            raise UnknownArgument(f"nothing follows {word}")
        yield _option(value) if letter == "o" else (LETTERS[letter], value)


def _option(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or " " in name.strip():
        name, _, value = text.partition(" ")
    if name.strip().lower() not in KNOWN:
        raise UnknownArgument(f"-o {text} is not something that Backline passes to SSH")
    return name.strip().lower(), value.strip().strip('"')
