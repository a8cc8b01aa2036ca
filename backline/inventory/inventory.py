"""The inventory: hosts, groups, and which hosts a pattern means."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from backline.inventory.variable import Variable
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError

ALL = "all"


@dataclass(frozen=True)
class InventoryHost:
    """One host; `groups` are sorted and leave out `all`, as Ansible's group_names do."""

    name: str
    groups: tuple[str, ...]
    variables: Mapping[str, Variable]
    """What the inventory sets for it, by Ansible's precedence, templates not yet rendered."""


@dataclass(frozen=True)
class Group:
    """A group with the hosts that are in it, directly or by its children, in inventory order."""

    name: str
    hosts: tuple[str, ...]
    children: tuple[str, ...]


@dataclass(frozen=True)
class Inventory:
    """`file` is the hosts file; group_vars/ and host_vars/ lie beside it."""

    file: Path
    hosts: tuple[InventoryHost, ...]
    groups: Mapping[str, Group]
    passed_over: tuple[str, ...] = ()
    """What is said of files of variables that are not read, since others of their names are."""

    @property
    def directory(self) -> Path:
        return self.file.parent

    def host(self, name: str) -> InventoryHost:
        """The host of that very name."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise self._unknown(name)

    def match(self, pattern: str) -> tuple[InventoryHost, ...]:
        """The hosts that a pattern means, in inventory order: names of hosts and groups, `all`, several with commas."""
        wanted = [name.strip() for name in pattern.split(",") if name.strip()]
        names = {host for name in wanted for host in self._members(name)}
        if not names:
            cause = f'no host is in "{pattern}"' if wanted else "the pattern of hosts is empty"
            raise ConfigurationError(cause, lines=self._candidates())
        return tuple(host for host in self.hosts if host.name in names)

    def magic_variables(self, host: InventoryHost) -> dict[str, object]:
        """What Ansible sets by itself for every host."""
        return {
            "inventory_hostname": host.name,
            "inventory_hostname_short": host.name.partition(".")[0],
            "inventory_file": str(self.file.absolute()),
            "inventory_dir": str(self.directory.absolute()),
            "group_names": list(host.groups),
            "groups": {name: list(group.hosts) for name, group in self.groups.items()},
        }

    def _members(self, name: str) -> tuple[str, ...]:
        if any(host.name == name for host in self.hosts):
            return (name,)
        if name in self.groups:
            return self.groups[name].hosts
        raise self._unknown(name)

    def _unknown(self, name: str) -> ConfigurationError:
        known = [*(host.name for host in self.hosts), *self.groups]
        near = difflib.get_close_matches(name, known, n=1)
        suggestion = f"; did you mean {near[0]}?" if near else ""
        return ConfigurationError(
            f'no host or group is called "{name}"{suggestion}',
            lines=self._candidates(),
            hint=f"inv <command> --host {near[0] if near else known[0]}",
        )

    def _candidates(self) -> tuple[str, ...]:
        hosts = ", ".join(host.name for host in self.hosts) or "none"
        return (f"hosts: {hosts}", f"groups: {', '.join(self.groups)}")
