"""Supervisor: the one that keeps the app's programs running; the host's own, and without root one of the user's."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from backline.resources.dataclass import dataclass
from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.packages import Packages
from backline.resources.plan import Entry
from backline.resources.resource import Resource
from backline.resources.script_interpreter import ScriptInterpreter
from backline.resources.supervisord import OwnSupervisord
from backline.resources.system_service import SystemService
from backline.resources.wheels import SUPERVISOR, SUPERVISOR_PROGRAM
from backline.settings.own_places import found_or_brought, tool
from backline.settings.settings import Settings
from backline.settings.socket_paths import LONGEST_OF_SUPERVISORD, require_bindable
from backline.settings.templates import render_template

BRINGS = ("app", "virtualenv")


@dataclass(frozen=True)
class SupervisorSettings(Settings):
    """The variables of the role supervisor."""

    supervisor_account: str = "{{ ansible_user_id }}"
    """Rootless: who supervisord runs as; it matters where that is root, which supervisord wants to be told."""


def resources(supervisor: SupervisorSettings) -> Iterator[Resource | Entry]:
    """The host's own, which is root's and other apps' too; rootless one of the user's own."""
    return _of_the_user(supervisor) if supervisor.app.rootless else _of_the_system(supervisor)


def _of_the_system(supervisor: SupervisorSettings) -> Iterator[Resource | Entry]:
    """Debian's package, with its configuration as it is: it reads the folder that our programs are written to."""
    paths = supervisor.supervisor
    service = SystemService("supervisor")
    folder = posixpath.dirname(paths.include_directory)
    yield Packages(("supervisor",), brings=(Directory(folder), Directory(paths.include_directory), service))
    yield Directory(paths.include_directory)
    yield service


def _of_the_user(supervisor: SupervisorSettings) -> Iterator[Resource | Entry]:
    """supervisord, its configuration, the Python that has its parser, and that it runs.

    A running supervisord reads a changed configuration when it starts the next time, since restarting it would stop
    every program; the programs' own files are read at each deploy."""
    paths = supervisor.supervisor
    executable = tool(supervisor.app, "supervisord")
    require_bindable(paths.socket, "home directory", LONGEST_OF_SUPERVISORD)
    yield found_or_brought(supervisor.app, "supervisord", ("supervisord",), SUPERVISOR, SUPERVISOR_PROGRAM)
    yield ScriptInterpreter(paths.python, script=executable)
    yield Directory(paths.include_directory)
    yield File(paths.configuration, configuration_text(supervisor).encode(), mode=0o600)
    yield OwnSupervisord(executable=executable, configuration=paths.configuration, socket=paths.socket)


def configuration_text(supervisor: SupervisorSettings) -> str:
    """The whole supervisord.conf; its include is relative, since a path with a space would be taken for two."""
    paths = supervisor.supervisor
    directory = posixpath.dirname(paths.configuration)
    for path in (paths.socket, directory):
        _require_plain(path)
    return render_template(
        "supervisord.conf.j2",
        account="root" if supervisor.supervisor_account == "root" else "",
        socket=paths.socket,
        directory=directory,
        include=f"{posixpath.relpath(paths.include_directory, directory)}/*.conf",
    )


def _require_plain(path: str) -> None:
    """What supervisord's parser would expand, or take for a comment."""
    for refused in ("%", " ;", " #", "\n"):
        if refused in path:
            raise ConfigurationError(
                f"{path!r} cannot be written into supervisord.conf: it contains {refused!r}",
                hint="use a home directory without it on this host",
            )
