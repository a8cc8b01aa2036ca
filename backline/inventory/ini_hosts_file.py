"""The hosts file in Ansible's INI format: `[web]`, `[web:vars]`, `[prod:children]`, and a host a line."""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from collections.abc import Callable
from pathlib import Path

from backline.inventory.host_names import host_key
from backline.inventory.hosts_file import (
    UNGROUPED,
    GroupDraft,
    HostsFile,
    new_drafts,
    settled,
    take_hosts,
    take_variables,
)
from backline.inventory.variable import Variable
from backline.inventory.yaml_document import as_named, text_of
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin

SECTION = re.compile(r"\[(?P<group>[^\[\]:]+)(?::(?P<kind>\w+))?\]\s*(?:#.*)?")
COMMENTS = ("#", ";")
MAPPING = re.compile(r"---|[^\s=]+:(\s|$)")
"""How a file in YAML begins."""
VARIABLES, CHILDREN = "vars", "children"


def is_ini(path: Path) -> bool:
    """By its ending; where it has none, by its first line that says something."""
    if path.suffix == ".ini":
        return True
    if path.suffix:
        return False
    lines = (line.strip() for line in text_of(path, as_named(path)).splitlines())
    first = next((line for line in lines if line and not line.startswith(COMMENTS)), "")
    return bool(first) and not MAPPING.match(first) and not first.startswith("$")


def read_ini_hosts_file(path: Path) -> HostsFile:
    """Read the file, and settle what it leaves open. Raises ConfigurationError with the line."""
    file = as_named(path)
    reader = _Reader(file)
    for number, line in enumerate(text_of(path, file).splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith(COMMENTS):
            reader.take(text, Origin(file, number))
    reader.require_groups()
    return settled(reader.drafts)


class _Reader:
    def __init__(self, file: str) -> None:
        self.drafts = new_drafts(Origin(file))
        self.group = self.drafts.groups[UNGROUPED]
        self.named: dict[str, Origin] = {}
        """Groups that must be somewhere in the file, and where they are named first."""
        self.defined = set(self.drafts.groups)
        self.take_line: Callable[[str, Origin], None] = self._host

    def take(self, text: str, origin: Origin) -> None:
        """One line that says something."""
        if text.startswith("["):
            self._section(text, origin)
        else:
            self.take_line(text, origin)

    def require_groups(self) -> None:
        """Raises ConfigurationError for a group of which only variables, or a parent, are there."""
        for name, origin in self.named.items():
            if name not in self.defined:
                raise ConfigurationError(f"{origin}: there is no group called {name}", hint=f"add a line: [{name}]")

    def _section(self, text: str, origin: Origin) -> None:
        found = SECTION.fullmatch(text)
        takers = {None: self._host, VARIABLES: self._variable, CHILDREN: self._child}
        if found is None or found["kind"] not in takers:
            raise ConfigurationError(f"{origin}: {text} is no section; [web], [web:vars] and [web:children] are")
        self.group = self._draft(found["group"].strip())
        self.take_line = takers[found["kind"]]
        if found["kind"] == VARIABLES:
            self.named.setdefault(self.group.name, origin)
        else:
            self.defined.add(self.group.name)

    def _draft(self, name: str) -> GroupDraft:
        return self.drafts.groups.setdefault(name, GroupDraft(name))

    def _host(self, text: str, origin: Origin) -> None:
        try:
            key, *words = shlex.split(text, comments=True)
        except ValueError as error:
            raise ConfigurationError(f"{origin}: {text}: {str(error).lower()}") from error
        for word in words:
            if "=" not in word:
                raise ConfigurationError(
                    f"{origin}: behind a host stand variables, name=value, and {word} is none",
                    hint='a value with spaces is put in quotes: note="two words"',
                )
        pairs = (word.partition("=") for word in words)
        variables = {name: _read(name, value, origin) for name, _, value in pairs}
        if key.endswith(":"):
            hint = "a port follows it, web1:2222; where this is YAML, the file's name ends in .yml"
            raise ConfigurationError(f"{origin}: the name of a host does not end in a colon: {key}", hint=hint)
        names = take_hosts(self.drafts, host_key(key, origin), variables, origin)
        self.group.hosts += [name for name in names if name not in self.group.hosts]

    def _variable(self, text: str, origin: Origin) -> None:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not name:
            raise ConfigurationError(f"{origin}: a variable should be here, name=value")
        take_variables(self.group, {name: _read(name, value, origin)})

    def _child(self, text: str, origin: Origin) -> None:
        name = text.partition("#")[0].strip()
        self._draft(name)
        self.named.setdefault(name, origin)
        self.group.children.append(name)


def _read(name: str, text: str, origin: Origin) -> Variable:
    return Variable(name, _value(text), origin, written=text)


def _value(text: str) -> object:
    """What Python would read, where it would read anything; else the text as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a text that is nearly Python
            return _as_in_yaml(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _as_in_yaml(value: object) -> object:
    if isinstance(value, (list, tuple, set)):
        return [_as_in_yaml(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_in_yaml(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value
