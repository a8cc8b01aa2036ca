"""The command that makes hosts ready: provision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backline.commands.command import changing
from backline.commands.site import Site

if TYPE_CHECKING:
    from backline.commands.running import Work
    from backline.fleet.session import Listener


@changing(role="only these roles of the hosts, several with commas", json="one event a line as JSON, the summary last")
def provision(site: Site, role: str = "", json: bool = False) -> None:
    """Make the roles of the hosts so, without a deploy: directories, services and their configuration.

    inv provision --host prod --role nginx
    """
    from backline.commands.host_settings import checked_settings
    from backline.commands.role_names import role_names
    from backline.commands.roles import load_roles
    from backline.commands.running import run
    from backline.deploy.provisioning import provision as provisioned

    def prepare(listener: Listener) -> Work:
        roles = load_roles(site.project)
        names = role_names(role, roles, checked_settings(site, roles))
        return lambda fleet, order: provisioned(fleet, order, names)

    run(site, prepare, json)
