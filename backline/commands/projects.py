"""The project that a deploy is about: found by the settings, read from git, with a word about what is left out."""

from __future__ import annotations

import time
from pathlib import Path

from backline.agent.events import Event, Kind
from backline.commands.host_settings import checked_settings
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.deploy.source import Source, read_source
from backline.fleet.session import Listener
from backline.resources.failure import ConfigurationError
from backline.settings.app_settings import AppSettings


def read_project(site: Site, ref: str, listener: Listener) -> Source:
    """The project of the site's hosts at `ref`. Raises ConfigurationError."""
    wanted = {_project(host.of(AppSettings)) for host in checked_settings(site, load_roles())}
    if len(wanted) > 1:
        raise ConfigurationError(
            "these hosts have different projects", hint="deploy one app_source at a time: name its hosts with --host"
        )
    folder, requirements = wanted.pop()
    source = read_source(site.project / Path(folder).expanduser(), ref, requirements)
    if source.left_out:
        text = f"{folder} has changes that are not committed; they are left out (--ref . takes them along)"
        listener(Event(Kind.WARNING, time.time(), text=text))
    return source


def _project(settings: AppSettings) -> tuple[str, str]:
    return settings.app_source, settings.app_requirements
