"""The first that a command does which changes hosts: it begins to connect. What else it needs it imports meanwhile, so
this imports little."""

from __future__ import annotations

from contextlib import suppress

from backline.commands.site import Site
from backline.resources.failure import ConfigurationError


def greet(site: Site) -> None:
    """Begin to connect to the site's hosts, while we still find out what to ask of them; nobody logs in. What cannot be
    is told by whoever connects in earnest."""
    from backline.fleet.forks import FORKS
    from backline.settings.connection import connection_settings

    with suppress(ConfigurationError):
        greeted = [connection_settings(host, site.inventory) for host in site.hosts[: site.most_at_once or FORKS]]
        for settings in greeted:
            site.entrance.dialling.dial(settings)
        for settings in greeted:
            site.entrance.access.greet(settings)
