"""The command that shows what would be written: render."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site
from backline.resources.dataclass import replace
from backline.resources.failure import ConfigurationError

if TYPE_CHECKING:
    from backline.agent.facts import Facts
    from backline.deploy.comparing import Comparison


@command(
    role="only these roles of the hosts, several with commas",
    diff="connect, and show only how files differ from those on the hosts",
    home="the home directory there of who logs in (default: /home/NAME, or /root)",
)
def render(site: Site, role: str = "", diff: bool = False, home: str = "") -> None:
    """Print every file that Backline would write, with path, owner and mode; no host is connected, secrets are dots.

    A release stands as rN. What only a host knows, such as the home directory, stands as on an ordinary one.

    inv render --host prod --role nginx
    """
    if home and not home.startswith("/"):
        raise ConfigurationError(f"--home {home}: an absolute path is meant", hint="for example: --home /home/anna")
    if diff:
        _show_differences(site, role)
    else:
        _show_files(site, role, home)


def _show_files(site: Site, role: str, home: str) -> None:
    from backline.commands.host_settings import settings_of_hosts, tell_doubts
    from backline.commands.projects import read_project
    from backline.commands.role_names import role_names
    from backline.commands.roles import load_roles
    from backline.deploy.rendering import rendered_files
    from backline.deploy.role import chosen

    roles = load_roles(site.project)
    facts = tuple(_facts(site, home))
    hosts = settings_of_hosts(site, roles, facts)
    tell_doubts(site, hosts, to_errors)
    names = role_names(role, roles, hosts)
    requirements = read_project(site, "HEAD", to_errors).requirements
    for settings, own in zip(hosts, facts, strict=True):
        for file in rendered_files(chosen(settings, names), roles, requirements):
            print(f"── {settings.app.host}:{file.path}  {file.owner or own.user}  {file.mode:04o}")
            sys.stdout.write(file.text if file.text.endswith("\n") or not file.text else f"{file.text}\n")
        if settings.app.rootless and not home:
            guess = f"{settings.app.host}: {own.home} is taken for the home directory"
            print(f"{guess}; --home PATH names another, and --diff asks the host", file=sys.stderr)


def _show_differences(site: Site, role: str) -> None:
    from backline.commands.connecting import connected
    from backline.commands.host_settings import checked_settings
    from backline.commands.projects import read_project
    from backline.commands.role_names import role_names
    from backline.commands.roles import load_roles
    from backline.deploy.comparing import compare

    roles = load_roles(site.project)
    names = role_names(role, roles, checked_settings(site, roles))
    requirements = read_project(site, "HEAD", to_errors).requirements
    with connected(site, to_errors) as fleet:
        for comparison in fleet.each(compare, roles, names, requirements):
            _show(comparison)


def _show(comparison: Comparison) -> None:
    from backline.report.differences import as_diff, in_words

    session = comparison.target.session
    for found in comparison.differing:
        print(f"── {session.name}:{found.path}  {in_words(found.differences)}")
        for line in as_diff(found.differences):
            print(session.masked(line))
    differing = f"{len(comparison.differing)} differ" if comparison.differing else "none differs"
    print(f"{session.name}: of {comparison.count} files {differing}", file=sys.stderr)


def _facts(site: Site, home: str) -> Iterator[Facts]:
    """An ordinary host's, of the user that the inventory names; who becomes another is that one there."""
    from backline.settings.connection import connection_settings
    from backline.settings.placeholder_facts import placeholder_facts

    for host in site.hosts:
        ordinary = placeholder_facts()
        said = connection_settings(host, site.inventory)
        user = (said.become_user if said.become else said.user) or ordinary.user
        yield replace(ordinary, user=user, home=home or ("/root" if user == "root" else f"/home/{user}"))
