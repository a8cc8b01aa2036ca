"""Where things lie when nobody is root, under `.backline` in the user's home; and the refusal of what needs root."""

from __future__ import annotations

from backline.resources.failure import ConfigurationError
from backline.resources.tool import Tool
from backline.settings.app import App


def own_directory(app: App) -> str:
    """What is ours and not of one app: the user's supervisord, its programs' tools, the broker."""
    return f"{app.home}/.backline"


def apps_directory(app: App) -> str:
    """A link for each app that uses what is shared, to its root."""
    return f"{own_directory(app)}/apps"


def tool(app: App, name: str) -> str:
    """The path under which roles call a program, wherever it was found."""
    return f"{own_directory(app)}/tools/{name}"


def found_or_brought(app: App, name: str, names: tuple[str, ...], requirements: str, program: str) -> Tool:
    """A program under `tool(app, name)`: the host's own, else from a wheel, in a virtualenv that uv makes."""
    return Tool(tool(app, name), names, requirements, program, uv=tool(app, "uv"))


def require_rootless(app: App, role: str) -> None:
    """The one refusal of roles whose half for root does not exist. Raises ConfigurationError."""
    if not app.rootless:
        raise ConfigurationError(
            f"role {role}: setting up a system as root comes with a later version of Backline",
            hint="set backline_rootless: true; everything then lies under the home of the user that logs in",
            host=app.host,
        )
