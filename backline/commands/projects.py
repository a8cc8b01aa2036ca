"""The project that a deploy is about: found by the settings, read from git, with a word about what is left out."""

from __future__ import annotations

import time
from pathlib import Path

from backline.agent.events import Event, Kind
from backline.commands.host_settings import checked_settings
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.commands.steps import at_step
from backline.deploy.git import NoProject, UnknownRef
from backline.deploy.source import Source, read_source
from backline.fleet.session import Listener
from backline.resources.failure import ConfigurationError
from backline.settings.app_settings import AppSettings

FILES_NAMED = 5


def read_project(site: Site, ref: str, listener: Listener) -> Source:
    """The project of the site's hosts at `ref`. Raises ConfigurationError."""
    wanted = {_project(host.of(AppSettings)) for host in checked_settings(site, load_roles(site.project))}
    with at_step("read project"):
        if len(wanted) > 1:
            raise ConfigurationError(
                "these hosts have different projects",
                hint="deploy one app_source at a time: name its hosts with --host",
            )
        folder, requirements = wanted.pop()
        source = _source(site, folder, ref, requirements)
    if source.left_out:
        listener(Event(Kind.WARNING, time.time(), text=_left_out(folder, source.left_out)))
    return source


def _left_out(folder: str, files: tuple[str, ...]) -> str:
    """Names the files, or of many the first."""
    named = ", ".join(files[:FILES_NAMED]) + (f" and {len(files) - FILES_NAMED} more" if files[FILES_NAMED:] else "")
    return f"{folder} has uncommitted changes, which are left out (--ref . takes them along): {named}"


def _source(site: Site, folder: str, ref: str, requirements: str) -> Source:
    try:
        return read_source(site.project / Path(folder).expanduser(), ref, requirements, site.inventory.file)
    except UnknownRef as unknown:
        again = f"inv deploy{site.host_option} --ref {unknown.nearest}"
        unknown.hint = again if unknown.nearest else f"git branch --all; git tag --list\nthen:  {again}NAME"
        if unknown.ref == "HEAD":  # only in a repository without a commit
            unknown.hint = "commit the project first: git add --all && git commit"
        raise
    except NoProject as missing:
        origins = {str(host.variables["app_source"].origin) for host in site.hosts if "app_source" in host.variables}
        missing.hint = f"set app_source to the folder of manage.py:\n{', '.join(sorted(origins))}"
        raise


def _project(settings: AppSettings) -> tuple[str, str]:
    return settings.app_source, settings.app_requirements
