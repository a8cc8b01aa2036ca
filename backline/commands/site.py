"""What a command is about: the project's folder, its inventory, and the hosts that a person named."""

from __future__ import annotations

import os
import shlex
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backline.commands.entrance import Entrance
from backline.commands.mistyped import Mistyped
from backline.commands.steps import at_step
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import ConfigurationError

if TYPE_CHECKING:
    from backline.inventory.inventory import Inventory, InventoryHost
    from backline.inventory.vault import Vault
    from backline.settings.connection import ConnectionSettings

DEFAULT_HOSTS = "backline_default_hosts"
BUILT_IN = ("all", "ungrouped")
EXAMPLES = 2
"""Of the next command, where it could be one of many."""


@dataclass(frozen=True)
class Site:
    """`project` is the folder of tasks.py; `host` a pattern, `inventory_path` a path, each empty for the default."""

    project: Path
    host: str = ""
    inventory_path: str = ""
    verbose: bool = False
    check: bool = False
    """Only ask what would be done."""
    diff: bool = False
    """Show what differs in files, as unified diffs."""
    forks: str = ""
    """How many hosts at once, as it was typed; empty: as many as usual."""
    batch: str = ""
    """How many hosts switch at once, as it was typed; empty: all."""
    command: str = ""
    """What was typed behind `inv`, but for the options that every command has."""
    entrance: Entrance = field(default_factory=Entrance)
    vault_password_file: str = ""
    """The files that hold the vault's passwords, several with commas; empty: as the environment says, or ask."""

    @cached_property
    def inventory(self) -> Inventory:
        """Read when it is first asked for. Raises ConfigurationError."""
        from backline.inventory.load import load_inventory

        named = self.inventory_path or os.environ.get("BACKLINE_INVENTORY", "")
        usual = self.project / "inventory"
        with at_step("read inventory"):
            if self.inventory_path and usual.exists() and not Path(named).exists():
                raise Mistyped(
                    f"there is no inventory at {named}",
                    option="--inventory",
                    instead=None,
                    hint=f"name the right one, or take the usual one, {usual}:",
                )
            return load_inventory(Path(named) if named else usual, self.vault)

    @cached_property
    def vault(self) -> Vault:
        """What opens encrypted values; the password is looked for when there is one."""
        from backline.inventory.vault import Vault
        from backline.inventory.vault_password import vault_passwords

        return Vault(lambda: vault_passwords(self.vault_password_file, self.entrance.ask))

    @cached_property
    def hosts(self) -> tuple[InventoryHost, ...]:
        """The hosts that are meant; never silently all. Raises ConfigurationError with the candidates."""
        inventory = self.inventory
        with at_step("find hosts"):
            return inventory.match(self.host or self._default_pattern())

    def connection(self, host: InventoryHost) -> ConnectionSettings:
        """How to reach a host. Raises ConfigurationError."""
        from backline.settings.connection import connection_settings

        return self.entrance.with_passwords(connection_settings(host, self.inventory))

    @property
    def most_at_once(self) -> int:
        """`--forks`; 0: as many as usual. Raises ConfigurationError."""
        return _count_of_hosts("--forks", self.forks)

    @property
    def most_switching(self) -> int:
        """`--batch`; 0: all. Raises ConfigurationError."""
        return _count_of_hosts("--batch", self.batch)

    @property
    def host_option(self) -> str:
        """How the next command names the same hosts."""
        return "".join(self.typed.values())

    @property
    def typed(self) -> dict[str, str]:
        """The options by which hosts are found and entered, by their names, as they are typed again."""
        options = {
            "--host": self.host,
            "--inventory": self.inventory_path,
            "--vault-password-file": self.vault_password_file,
        }
        asked = {
            "--ask-pass": self.entrance.ask_pass,
            "--ask-become-pass": self.entrance.ask_become_pass,
        }
        words = {name: f" {name} {shlex.quote(value)}" for name, value in options.items() if value}
        return words | {name: f" {name}" for name, wanted in asked.items() if wanted}

    @property
    def again(self) -> str:
        """The command as it was typed."""
        return f"inv {self.command}{self.host_option}"

    def again_with(self, option: str, value: str | None) -> str:
        """The same with another value of an option that was typed; None: without it."""
        words = shlex.split(self.again)
        place = words.index(option)
        end = place + 2
        if value is None and words[place + 1 : end] and words[place + 1].startswith("--"):
            end = place + 1  # it has no value: the next option follows
        words[place:end] = [] if value is None else [option, value]
        return shlex.join(words)

    def _default_pattern(self) -> str:
        patterns = {
            str(host.variables[DEFAULT_HOSTS].value) for host in self.inventory.hosts if DEFAULT_HOSTS in host.variables
        }
        if len(patterns) == 1:
            return patterns.pop()
        names = [host.name for host in self.inventory.hosts]
        if len(names) == 1:
            return names[0]
        groups = [name for name, group in self.inventory.groups.items() if group.hosts and name not in BUILT_IN]
        raise ConfigurationError(
            "which hosts are meant? The inventory has several",
            lines=(f"hosts: {', '.join(names) or 'none'}", *((f"groups: {', '.join(groups)}",) if groups else ())),
            hint="\n".join(f"inv {self.command} --host {name}" for name in [*groups, *names][:EXAMPLES])
            or "give the inventory a host",
        )


def _count_of_hosts(option: str, text: str) -> int:
    if not text:
        return 0
    if not text.isdecimal() or int(text) == 0:
        raise Mistyped(f"{option} {text}: a number of hosts is meant", option=option, instead="4")
    return int(text)
