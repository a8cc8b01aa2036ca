"""The settings of a run's hosts: each loaded for itself, then what runs on some of them only is given its places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from backline.agent.facts import Facts
from backline.commands.roles import declarations
from backline.commands.site import Site
from backline.deploy.role import Role, answered_for
from backline.inventory.inventory import InventoryHost
from backline.settings.load import load_settings
from backline.settings.placeholder_facts import placeholder_facts
from backline.settings.settings import HostSettings

NAME = "app_name"


def checked_settings(site: Site, roles: tuple[Role, ...]) -> tuple[HostSettings, ...]:
    """The settings with made-up facts, for what needs no connection. Raises ConfigurationError."""
    return settings_of_hosts(site, roles, [placeholder_facts()] * len(site.hosts))


def settings_of_hosts(site: Site, roles: tuple[Role, ...], facts: Sequence[Facts]) -> tuple[HostSettings, ...]:
    """The settings of the site's hosts, in their order, with each host's own facts. Raises ConfigurationError."""
    pairs = zip(site.hosts, facts, strict=True)
    loaded = tuple(load_settings(host, site.inventory, declarations(roles), own) for host, own in pairs)
    for role in roles:
        loaded = _placed(site, role, loaded)
    return loaded


def settings_of_neighbours(
    site: Site, roles: tuple[Role, ...], settings: Sequence[HostSettings], facts: Sequence[Facts]
) -> tuple[HostSettings, ...]:
    """What the same inventory would say of an app of another name on each of the hosts; see deploy/removal.py."""
    pairs = zip(site.hosts, settings, facts, strict=True)
    return tuple(
        load_settings(_renamed(host, own.app.name), site.inventory, declarations(roles), there)
        for host, own, there in pairs
    )


def _renamed(host: InventoryHost, app: str) -> InventoryHost:
    """The host with an app whose name is as long: paths have their limits."""
    other = ("b" if app[0] != "b" else "c") + app[1:]
    return replace(host, variables={**host.variables, NAME: replace(host.variables[NAME], value=other)})


def _placed(site: Site, role: Role, loaded: tuple[HostSettings, ...]) -> tuple[HostSettings, ...]:
    having = [settings for settings in loaded if role.name in settings.roles]
    if role.placed is None or not having:
        return loaded

    def hosts_matching(pattern: str) -> Collection[str]:
        return {host.name for host in site.inventory.match(pattern)}

    with answered_for(role.own_file):
        own = role.placed([settings.of(role.settings) for settings in having], hosts_matching)
    placed = {settings.app.host: value for settings, value in zip(having, own, strict=True)}
    return tuple(
        replace(settings, by_type={**settings.by_type, role.settings: placed[settings.app.host]})
        if settings.app.host in placed
        else settings
        for settings in loaded
    )
