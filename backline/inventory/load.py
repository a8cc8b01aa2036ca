"""Read a whole inventory: the hosts file, group_vars/ and host_vars/ beside it, merged by Ansible's precedence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from backline.inventory.hosts_file import ALL, GroupDraft, HostsFile, read_hosts_file
from backline.inventory.ini_hosts_file import is_ini, read_ini_hosts_file
from backline.inventory.inventory import Group, Inventory, InventoryHost
from backline.inventory.later_variables import merged
from backline.inventory.variable import Variable
from backline.inventory.variable_files import passed_over, variables_from
from backline.inventory.vault import Vault
from backline.inventory.yaml_document import as_named
from backline.resources.failure import ConfigurationError

HOSTS_FILES = ("hosts.yml", "hosts.yaml", "hosts", "hosts.ini")
HINT = "name the right one with --inventory, or begin one with inventory/hosts.yml"


def load_inventory(path: Path, vault: Vault | None = None) -> Inventory:
    """Read the inventory at `path`: a hosts file, or a folder that has one. What is encrypted is opened when something
    asks for it."""
    vault = vault or Vault()
    file = _hosts_file(path)
    drafts = read_ini_hosts_file(file) if is_ini(file) else read_hosts_file(file, vault)
    group_files = {name: variables_from(file.parent / "group_vars", name, vault) for name in drafts.groups}
    groups_of = {name: drafts.groups_of(name) for name in drafts.hosts}
    hosts = tuple(
        InventoryHost(
            name,
            tuple(sorted(group.name for group in groups if group.name != ALL)),
            _variables(drafts, name, groups, group_files, variables_from(file.parent / "host_vars", name, vault)),
        )
        for name, groups in groups_of.items()
    )
    groups = {
        name: Group(
            name,
            tuple(host for host, within in groups_of.items() if group in within),
            tuple(dict.fromkeys(group.children)),
        )
        for name, group in drafts.groups.items()
    }
    names = (("group_vars", drafts.groups), ("host_vars", drafts.hosts))
    unread = (said for folder, own in names for name in own for said in passed_over(file.parent / folder, name))
    return Inventory(file, hosts, groups, tuple(unread))


def _variables(
    drafts: HostsFile,
    host: str,
    groups: list[GroupDraft],
    group_files: Mapping[str, Mapping[str, Variable]],
    host_file: Mapping[str, Variable],
) -> Mapping[str, Variable]:
    """Lowest first. A file for `all` beats what is written inline with a group: so it is in Ansible."""
    inline = (group.variables for group in groups)
    files = (group_files[group.name] for group in groups)
    return merged((*inline, *files, drafts.hosts[host], host_file))


def _hosts_file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise ConfigurationError(f"there is no inventory at {as_named(path)}", hint=HINT)
    found = [path / name for name in HOSTS_FILES if (path / name).is_file()]
    if not found:
        raise ConfigurationError(f"{as_named(path)} has no hosts.yml, hosts.yaml, hosts or hosts.ini", hint=HINT)
    if len(found) > 1:
        names = " and ".join(file.name for file in found)
        raise ConfigurationError(f"{as_named(path)} has {names}: keep one of them")
    return found[0]
