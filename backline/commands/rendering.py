"""The command that shows what would be written: render."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site

if TYPE_CHECKING:
    from backline.agent.facts import Facts


@command(role="only these roles of the hosts, several with commas")
def render(site: Site, role: str = "") -> None:
    """Print every file that Backline would write, with path, owner and mode; no host is connected, secrets are dots.

    A release stands as rN. What only a host knows, such as the home directory, stands as on an ordinary one.

    inv render --host prod --role nginx
    """
    from backline.commands.host_settings import settings_of_hosts
    from backline.commands.projects import read_project
    from backline.commands.role_names import role_names
    from backline.commands.roles import load_roles
    from backline.deploy.rendering import rendered_files
    from backline.deploy.role import chosen

    roles = load_roles(site.project)
    facts = tuple(_facts(site))
    hosts = settings_of_hosts(site, roles, facts)
    names = role_names(role, roles, hosts)
    requirements = read_project(site, "HEAD", to_errors).requirements
    for settings, own in zip(hosts, facts, strict=True):
        for file in rendered_files(chosen(settings, names), roles, requirements):
            print(f"── {settings.app.host}:{file.path}  {file.owner or own.user}  {file.mode:04o}")
            sys.stdout.write(file.text if file.text.endswith("\n") or not file.text else f"{file.text}\n")


def _facts(site: Site) -> Iterator[Facts]:
    """An ordinary host's, of the user that the inventory names."""
    from backline.settings.connection import connection_settings
    from backline.settings.placeholder_facts import placeholder_facts

    for host in site.hosts:
        ordinary = placeholder_facts()
        user = connection_settings(host, site.inventory).user or ordinary.user
        yield replace(ordinary, user=user, home="/root" if user == "root" else f"/home/{user}")
