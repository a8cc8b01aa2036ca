"""The hosts file in YAML: groups, their children, hosts, and the variables written inline with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from backline.inventory.host_names import HostKey, host_key
from backline.inventory.variable import Place, Variable
from backline.inventory.vault import Vault
from backline.inventory.yaml_document import Document, read_document
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin

ALL = "all"
UNGROUPED = "ungrouped"
PRIORITY = "ansible_group_priority"
SECTIONS = ("hosts", "vars", "children")


@dataclass
class GroupDraft:
    """A group while the file is read; `depth` is its longest way down from `all`."""

    name: str
    variables: dict[str, Variable] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    priority: int = 1
    depth: int = 0

    @property
    def rank(self) -> tuple[int, int, str]:
        """Groups of a higher rank win."""
        return self.depth, self.priority, self.name


@dataclass
class HostsFile:
    """Everything that the file says, groups and hosts in the order in which they first appear."""

    origin: Origin
    groups: dict[str, GroupDraft] = field(default_factory=dict)
    hosts: dict[str, dict[str, Variable]] = field(default_factory=dict)

    def groups_of(self, host: str) -> list[GroupDraft]:
        """The groups that a host is in, directly or by a child, lowest rank first."""
        names = {name for name, group in self.groups.items() if host in group.hosts}
        waiting = list(names)
        while waiting:
            child = waiting.pop()
            parents = {name for name, group in self.groups.items() if child in group.children} - names
            names |= parents
            waiting.extend(parents)
        return sorted((self.groups[name] for name in names | {ALL}), key=lambda group: group.rank)


def read_hosts_file(path: Path, vault: Vault) -> HostsFile:
    """Read the file, and settle what it leaves open."""
    document = read_document(path, vault)
    reader = _Reader(document)
    if not isinstance(document.value, dict):
        hint = "a hosts file in YAML begins with `all:`, then `hosts:` below it, then one host a line"
        raise ConfigurationError(f"{document.file}: groups of hosts should be here", hint=hint)
    for name in document.value:
        reader.group(name, (name,))
    return settled(reader.drafts)


def new_drafts(origin: Origin) -> HostsFile:
    """The two groups that every inventory has."""
    return HostsFile(origin, {ALL: GroupDraft(ALL), UNGROUPED: GroupDraft(UNGROUPED)})


def settled(drafts: HostsFile) -> HostsFile:
    """With every group below `all`, and every host in a group."""
    _adopt_orphans(drafts)
    _measure_depths(drafts)
    return drafts


def take_variables(group: GroupDraft, variables: dict[str, Variable]) -> None:
    """Into the group; its priority is none of them."""
    priority = variables.pop(PRIORITY, None)
    group.variables.update(variables)
    if priority is None:
        return
    try:
        group.priority = priority.value if isinstance(priority.value, int) else int(str(priority.value))
    except ValueError:
        raise ConfigurationError(f"{priority.origin}: {PRIORITY} must be a whole number") from None


def take_hosts(drafts: HostsFile, key: HostKey, variables: dict[str, Variable], origin: Origin) -> tuple[str, ...]:
    """The hosts of one key, each with these variables; a port in the key is one, where no other is set before."""
    for name in key.names:
        own = drafts.hosts.setdefault(name, {})
        if key.port:
            own.setdefault("ansible_port", Variable("ansible_port", key.port, origin))
        own.update(variables)
    return key.names


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.drafts = new_drafts(Origin(document.file))

    def group(self, name: object, place: Place) -> str:
        """Read the group at `place`; returns its name."""
        if not isinstance(name, str):
            raise ConfigurationError(f'{self.document.origin(place)}: the name of a group is text: write "{name}"')
        group = self.drafts.groups.setdefault(name, GroupDraft(name))
        for section, keys in self._sections(place):
            inside = (*place, section)
            if section == "vars":
                take_variables(group, self.document.variables(inside))
            elif section == "children":
                group.children += [self.group(key, (*inside, key)) for key in keys]
            else:
                group.hosts += [host for key in keys for host in self._hosts(key, (*inside, key))]
        return name

    def _sections(self, place: Place) -> Iterator[tuple[str, list[object]]]:
        for section, content in self._mapping(place, "a group has `hosts:`, `children:` and `vars:`").items():
            origin = self.document.origin((*place, section))
            if section not in SECTIONS:
                raise ConfigurationError(
                    f"{origin}: a group has hosts, children and vars, not {section}",
                    hint=f"if {section} is a group, put it under `children:`; if it is a host, under `hosts:`",
                )
            if content is not None:
                yield str(section), self._keys((*place, section), content)

    def _keys(self, place: Place, content: object) -> list[object]:
        if isinstance(content, str) and place[-1] != "vars":
            return [content]
        if isinstance(content, dict):
            return list(content)
        raise ConfigurationError(
            f"{self.document.origin(place)}: {place[-1]} is a mapping: each name followed by a colon"
        )

    def _mapping(self, place: Place, expected: str) -> dict[object, object]:
        value: object = self.document.value
        for key in place:
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, (dict, type(None))):
            raise ConfigurationError(f"{self.document.origin(place)}: {expected}")
        return value or {}

    def _hosts(self, key: object, place: Place) -> tuple[str, ...]:
        origin = self.document.origin(place)
        if not isinstance(key, str):
            raise ConfigurationError(f'{origin}: the name of a host is text: write "{key}"')
        found = host_key(key, origin)
        self._mapping(place, f"the variables of {key} are a mapping, `name: value` a line")
        return take_hosts(self.drafts, found, self.document.variables(place), origin)


def _adopt_orphans(drafts: HostsFile) -> None:
    """Groups without a parent are children of `all`; hosts in no other group are in `ungrouped`, and only they."""
    adopted = {child for group in drafts.groups.values() for child in group.children}
    everything = drafts.groups[ALL]
    everything.children += [name for name in drafts.groups if name not in adopted and name != ALL]
    grouped = {host for name, group in drafts.groups.items() if name not in (ALL, UNGROUPED) for host in group.hosts}
    drafts.groups[UNGROUPED].hosts = [host for host in drafts.hosts if host not in grouped]


def _measure_depths(drafts: HostsFile) -> None:
    way: list[str] = []

    def descend(name: str, depth: int) -> None:
        if name in way:
            chain = " → ".join([*way[way.index(name) :], name])
            raise ConfigurationError(f"{drafts.origin}: a group is its own child: {chain}")
        group = drafts.groups[name]
        group.depth = max(group.depth, depth)
        way.append(name)
        for child in group.children:
            descend(child, depth + 1)
        way.pop()

    for name in drafts.groups:
        descend(name, drafts.groups[name].depth)
