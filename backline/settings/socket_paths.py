"""How long a Unix socket's path may be: the kernel's limit, checked before anything is built."""

from __future__ import annotations

from backline.resources.failure import ConfigurationError
from backline.settings.app import App

LONGEST = 107
LONGEST_OF_SUPERVISORD = 99
"""It binds PATH.PID first, and a pid has up to seven digits."""

_LONGEST_LABEL = "r99999-999"


def require_bindable(path: str, variable: str, longest: int = LONGEST) -> None:
    """Raises ConfigurationError, naming the variable that would shorten the path."""
    length = len(path.encode())
    if length > longest:
        raise ConfigurationError(
            f"{path} is too long for a Unix socket: {length} bytes, at most {longest}", hint=f"set a shorter {variable}"
        )


def require_bindable_web_sockets(app: App) -> None:
    """The same for the sockets of all generations to come."""
    require_bindable(f"{app.run_directory}/web-{_LONGEST_LABEL}.sock", "app_root")
    require_bindable(f"{app.run_directory}/{app.name}_web.sock", "app_root")
