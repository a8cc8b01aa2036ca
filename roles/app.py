"""The app's own directories: releases, sockets, virtualenvs, what releases share, logs, and Backline's notes."""

from __future__ import annotations

from collections.abc import Iterator

from backline.resources.directory import Directory
from backline.resources.link import Link
from backline.resources.link_place import LinkPlace
from backline.resources.plan import Entry
from backline.resources.resource import Resource
from backline.settings.app_settings import AppSettings
from backline.settings.rootless import apps_directory, own_directory, require_rootless

BRINGS: tuple[str, ...] = ()

__all__ = ["BRINGS", "AppSettings", "resources"]


def resources(settings: AppSettings) -> Iterator[Resource | Entry]:
    """Directories, each before what lies in it."""
    app = settings.app
    require_rootless(app, "app")
    yield Directory(own_directory(app), mode=0o700)
    yield Directory(f"{own_directory(app)}/tools")
    yield Directory(app.root)
    # Who removes an app sees here whether another one needs what they share.
    yield Directory(apps_directory(app))
    yield Link(f"{apps_directory(app)}/{app.name}", app.root)
    yield Directory(app.releases)
    # gunicorn lets everybody connect to its socket, so the folder must not.
    yield Directory(app.run_directory, mode=0o700)
    yield Directory(app.virtualenvs)
    yield Directory(app.shared)
    for path in settings.app_shared_paths:
        yield Directory(f"{app.shared}/{path.strip('/')}")
    yield Directory(app.logs, mode=0o750)
    yield Directory(app.state_directory, mode=0o700)
    for path in (settings.app_directory, settings.app_virtualenv):
        if path:
            yield LinkPlace(path.rstrip("/"))
