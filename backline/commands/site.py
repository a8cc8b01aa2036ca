"""What a command is about: the project's folder, its inventory, and the hosts that a person named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backline.resources.failure import ConfigurationError

if TYPE_CHECKING:
    from backline.inventory.inventory import Inventory, InventoryHost

DEFAULT_HOSTS = "backline_default_hosts"


@dataclass(frozen=True)
class Site:
    """`project` is the folder of tasks.py; `host` a pattern, `inventory_path` a path, each empty for the default."""

    project: Path
    host: str = ""
    inventory_path: str = ""
    verbose: bool = False

    @cached_property
    def inventory(self) -> Inventory:
        """Read when it is first asked for. Raises ConfigurationError."""
        from backline.inventory.load import load_inventory

        named = self.inventory_path or os.environ.get("BACKLINE_INVENTORY", "")
        return load_inventory(Path(named) if named else self.project / "inventory")

    @cached_property
    def hosts(self) -> tuple[InventoryHost, ...]:
        """The hosts that are meant; never silently all. Raises ConfigurationError with the candidates."""
        return self.inventory.match(self.host or self._default_pattern())

    @property
    def host_option(self) -> str:
        """How the next command names the same hosts."""
        return f" --host {self.host}" if self.host else ""

    def _default_pattern(self) -> str:
        patterns = {
            str(host.variables[DEFAULT_HOSTS].value) for host in self.inventory.hosts if DEFAULT_HOSTS in host.variables
        }
        if len(patterns) == 1:
            return patterns.pop()
        names = [host.name for host in self.inventory.hosts]
        if len(names) == 1:
            return names[0]
        raise ConfigurationError(
            "which hosts are meant?",
            lines=tuple(sorted({*self.inventory.groups, *names})),
            hint=f"add --host and one of these names, or set {DEFAULT_HOSTS} in group_vars/all.yml",
        )
