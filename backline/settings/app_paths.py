"""From the app's variables and a host's facts: the App and the supervisord that roles are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from backline.agent.facts import Facts
from backline.resources.secret import Secret
from backline.settings.app import App, Plain, SupervisorPaths

PLAIN = "plain"
"""The value of supervisor_naming that sets plain mode."""

Values = Mapping[str, object]
"""Checked values by the names of their variables."""

SYSTEM_SUPERVISOR = SupervisorPaths(
    socket="/var/run/supervisor.sock",
    include_directory="/etc/supervisor/conf.d",
    configuration="/etc/supervisor/supervisord.conf",
    python="/usr/bin/python3",
)


def app_on(host: str, values: Values, facts: Facts) -> App:
    """The app on one host. With root, its user lives in the app's own folder."""
    rootless = bool(values["backline_rootless"])
    root = str(values["app_root"]).rstrip("/")
    user = "" if rootless else str(values["app_user"])
    return App(
        name=str(values["app_name"]),
        root=root,
        home=facts.home if rootless else root,
        rootless=rootless,
        host=host,
        user=user,
        group=user,
        environment=cast("Mapping[str, str | Secret]", values["app_environment"]),
        settings_module=str(values["django_settings_module"]),
        hostname=facts.hostname,
        plain=_plain(values),
        shared_paths=cast("tuple[str, ...]", values["app_shared_paths"]),
    )


def _plain(values: Values) -> Plain | None:
    if values["supervisor_naming"] != PLAIN:
        return None
    return Plain(str(values["app_virtualenv"]), str(values["app_directory"]))


def supervisor_for(app: App) -> SupervisorPaths:
    """The system's own supervisord; rootless, one of the user's, shared by all of their apps."""
    if not app.rootless:
        return SYSTEM_SUPERVISOR
    directory = f"{app.home}/.backline"
    return SupervisorPaths(
        socket=f"{directory}/supervisor.sock",
        include_directory=f"{directory}/supervisor.d",
        configuration=f"{directory}/supervisord.conf",
        python=f"{directory}/tools/supervisor-python",
    )
