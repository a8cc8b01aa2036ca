"""Where Backline's own things lie on a host: under /opt, and rootless in the user's home."""

from __future__ import annotations

from backline.resources.tool import Tool
from backline.settings.app import App

OF_THE_SYSTEM = "/opt/backline"


def own_directory(app: App) -> str:
    """What is ours and not of one app: programs' tools; rootless also the user's supervisord and the broker."""
    return f"{app.home}/.backline" if app.rootless else OF_THE_SYSTEM


def apps_directory(app: App) -> str:
    """A link for each app that uses what is shared, to its root."""
    return f"{own_directory(app)}/apps"


def tool(app: App, name: str) -> str:
    """The path under which roles call a program, wherever it was found."""
    return f"{own_directory(app)}/tools/{name}"


def found_or_brought(app: App, name: str, names: tuple[str, ...], requirements: str, program: str) -> Tool:
    """A program under `tool(app, name)`: the host's own, else from a wheel, in a virtualenv that uv makes."""
    return Tool(tool(app, name), names, requirements, program, uv=tool(app, "uv"))
