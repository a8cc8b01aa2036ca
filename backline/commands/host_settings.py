"""The settings of a run's hosts: each loaded for itself, then what runs on some of them only is given its places."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

from backline.agent.events import Event, Kind
from backline.agent.facts import Facts
from backline.commands.roles import declarations
from backline.commands.site import Site
from backline.deploy.role import Role, answered_for, has_programs
from backline.fleet.session import Listener
from backline.inventory.inventory import ALL, InventoryHost
from backline.resources.dataclass import replace
from backline.settings.app_settings import AppSettings
from backline.settings.load import load_settings
from backline.settings.placeholder_facts import placeholder_facts
from backline.settings.settings import HostSettings

NAME = "app_name"


def checked_settings(site: Site, roles: tuple[Role, ...]) -> tuple[HostSettings, ...]:
    """The settings with made-up facts, for what needs no connection. Raises ConfigurationError."""
    return settings_of_hosts(site, roles, [placeholder_facts()] * len(site.hosts))


def tell_doubts(site: Site, settings: Sequence[HostSettings], listener: Listener) -> None:
    """Warn of what may be a slip of the pen; once, however many hosts have it from their group."""
    for doubt in dict.fromkeys((*site.inventory.passed_over, *(doubt for one in settings for doubt in one.doubts))):
        listener(Event(Kind.WARNING, time.time(), text=doubt))


def settings_of_hosts(site: Site, roles: tuple[Role, ...], facts: Sequence[Facts]) -> tuple[HostSettings, ...]:
    """The settings of the site's hosts, in their order, with each host's own facts. What runs on some hosts only is
    placed among all that the app is on, named or not. Raises ConfigurationError."""
    pairs = zip(site.hosts, facts, strict=True)
    own = tuple(load_settings(host, site.inventory, declarations(roles), there) for host, there in pairs)
    every = _in_order(site, (*own, *_others(site, roles, own)))
    for role in roles:
        every = _placed(site, role, every)
    named = {settings.app.host for settings in own}
    return tuple(settings for settings in every if settings.app.host in named)


def other_hosts(site: Site, roles: tuple[Role, ...]) -> tuple[str, ...]:
    """Hosts that get releases of the app and that the site's pattern leaves out."""
    own = (load_settings(site.hosts[0], site.inventory, declarations(roles), placeholder_facts()),)
    return tuple(other.app.host for other in _others(site, roles, own) if has_programs(other, roles))


def _others(site: Site, roles: tuple[Role, ...], own: Sequence[HostSettings]) -> Iterator[HostSettings]:
    """The app's hosts that nobody named, with made-up facts: enough to know what is placed on them."""
    named = {host.name for host in site.hosts}
    app, rootless, text = own[0].app.name, own[0].of(AppSettings).backline_rootless, site.hosts[0].variables.get(NAME)
    for host in _candidates(site, own):
        name = host.variables.get(NAME)
        if host.name in named or name is None or text is None or name.value != text.value:
            continue
        other = load_settings(host, site.inventory, declarations(roles), placeholder_facts())
        if other.app.name == app and other.of(AppSettings).backline_rootless == rootless:
            yield other


def _candidates(site: Site, own: Sequence[HostSettings]) -> tuple[InventoryHost, ...]:
    """Who may have the app too: those that `app_hosts` names, else the largest group that holds all that were named."""
    patterns = {settings.of(AppSettings).app_hosts for settings in own} - {""}
    if patterns:
        return site.inventory.match(",".join(sorted(patterns)))
    named = {host.name for host in site.hosts}
    groups = [group.hosts for name, group in site.inventory.groups.items() if name != ALL and named <= set(group.hosts)]
    largest = max(groups, key=len, default=())
    return tuple(host for host in site.inventory.hosts if host.name in largest)


def _in_order(site: Site, settings: Sequence[HostSettings]) -> tuple[HostSettings, ...]:
    """As the inventory has them: of several hosts the first one counts."""
    by_name = {one.app.host: one for one in settings}
    return tuple(by_name[host.name] for host in site.inventory.hosts if host.name in by_name)


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
