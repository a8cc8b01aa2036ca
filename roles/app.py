"""The app's user and directories: releases, sockets, virtualenvs, what releases share, logs, and Backline's notes.

What the app's processes run belongs to root, and so do their logs: Supervisor opens these as root, and would follow a
link that stood there. The user has what releases share, and the sockets. Rootless all of it is whose who logs in."""

from __future__ import annotations

from collections.abc import Iterator

from backline.resources.app_user import AppUser
from backline.resources.directory import Directory
from backline.resources.link import Link
from backline.resources.link_place import LinkPlace
from backline.resources.plan import Entry
from backline.resources.resource import Resource
from backline.resources.shared_folder import SharedFolder
from backline.settings.app import App
from backline.settings.app_settings import AppSettings
from backline.settings.own_places import apps_directory, own_directory

BRINGS: tuple[str, ...] = ()
WEB_SERVERS_GROUP = "www-data"
"""Debian's group of who serves the web; there is one on every host."""

__all__ = ["BRINGS", "AppSettings", "resources"]


def resources(settings: AppSettings) -> Iterator[Resource | Entry]:
    """The user, then directories, each before what lies in it."""
    app = settings.app
    if app.user:
        yield AppUser(app.user, home=app.home)
    yield Directory(own_directory(app), mode=0o700 if app.rootless else 0o755)
    yield Directory(f"{own_directory(app)}/tools")
    yield Directory(app.root, owner=app.keeper, group=app.keeper)
    # Who removes an app sees here whether another one needs what they share.
    yield Directory(apps_directory(app))
    yield Link(f"{apps_directory(app)}/{app.name}", app.root)
    yield Directory(app.releases, owner=app.keeper, group=app.keeper)
    yield _sockets(app)
    yield Directory(app.virtualenvs, owner=app.keeper, group=app.keeper)
    shared_mode = 0o755 if app.rootless else 0o750
    yield Directory(app.shared, shared_mode, app.user, app.group)
    for path in settings.app_shared_paths:
        yield SharedFolder(f"{app.shared}/{path.strip('/')}", owner=app.user, group=app.group, inside=app.shared)
    yield Directory(app.logs, 0o750, app.keeper, app.group)
    yield Directory(app.state_directory, mode=0o700, owner=app.keeper, group=app.keeper)
    for path in (settings.app_directory, settings.app_virtualenv):
        if path:
            yield LinkPlace(path.rstrip("/"))


def _sockets(app: App) -> Directory:
    """gunicorn lets everybody connect to its socket, so the folder must not: the user and their nginx, nobody else."""
    if app.rootless:
        return Directory(app.run_directory, mode=0o700)
    return Directory(app.run_directory, 0o750, app.user, WEB_SERVERS_GROUP)
