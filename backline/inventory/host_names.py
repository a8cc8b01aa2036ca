"""What the key of a host may say: a name, a range of names (`web[01:03].example.com`), a port (`web1:2222`)."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator

from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin

RANGE = re.compile(r"\[([^\[\]]*:[^\[\]]*)\]")
BRACKETED = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d+))?")
WITH_PORT = re.compile(r"(?P<name>[^:]+(?:\[[^\[\]]*\][^:]*)*):(?P<port>\d+)")
LETTERS = string.ascii_letters


@dataclass(frozen=True)
class HostKey:
    """The names that one key of the inventory stands for, and the port that it gave them (0: none)."""

    names: tuple[str, ...]
    port: int


def host_key(text: str, origin: Origin) -> HostKey:
    """Read a key as Ansible does; a range that stands for nothing is an error here."""
    bracketed = BRACKETED.fullmatch(text)
    if bracketed:
        return HostKey((bracketed["name"][1:-1],), int(bracketed["port"] or 0))
    with_port = WITH_PORT.fullmatch(text)
    pattern, port = (with_port["name"], int(with_port["port"])) if with_port else (text, 0)
    names = tuple(_expanded(pattern, origin))
    if not names:
        raise ConfigurationError(f"{origin}: the range in {text} is empty")
    return HostKey(names, port)


def _expanded(pattern: str, origin: Origin) -> Iterator[str]:
    literals = RANGE.split(pattern)[::2]
    ranges = [_members(found, origin) for found in RANGE.findall(pattern)]
    for members in itertools.product(*ranges):
        yield "".join(itertools.chain(*itertools.zip_longest(literals, members, fillvalue="")))


def _members(text: str, origin: Origin) -> list[str]:
    begin, end, *rest = text.split(":")
    begin = begin or "0"
    if not end or len(rest) > 1 or not all(step.isdigit() and int(step) for step in rest):
        raise ConfigurationError(f"{origin}: a range is [begin:end] or [begin:end:step], not [{text}]")
    step = int(rest[0]) if rest else 1
    if begin in LETTERS and end in LETTERS:
        return list(LETTERS[LETTERS.index(begin) : LETTERS.index(end) + 1 : step])
    if not (begin.isdigit() and end.isdigit()):
        raise ConfigurationError(f"{origin}: a range goes from number to number or from letter to letter, not [{text}]")
    width = len(begin) if begin.startswith("0") and len(begin) > 1 else 0
    if width and len(end) != width:
        raise ConfigurationError(f"{origin}: both ends of [{text}] need the same number of digits")
    return [str(number).zfill(width) for number in range(int(begin), int(end) + 1, step)]
