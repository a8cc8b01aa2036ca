"""The environment of a command on the sandbox: as after a login, and of the starter's only what reaches a network."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path

MARKER = "BACKLINE_SANDBOX"
"""Every command is given it, with the root as its value, so that a sweep of /proc finds what hides from all else."""

PATH_VARIABLE = "BACKLINE_SANDBOX_PATH"
"""The environment variable that names folders whose programs the sandbox's host has besides those of the system."""

PASSED_ON = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
PASSED_ON_PREFIXES = ("PIP_", "UV_")
SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def login_environment(root: Path, starter: Mapping[str, str]) -> dict[str, str]:
    """What a command on the sandbox at `root` finds in its environment; `starter` is that of who started the server."""
    name = user_name()
    return {
        **{variable: value for variable, value in starter.items() if _is_passed_on(variable)},
        "UV_CACHE_DIR": starter.get("UV_CACHE_DIR") or _uv_cache(starter),
        "PATH": _path(starter.get(PATH_VARIABLE, "")),
        "HOME": str(root),
        "USER": name,
        "LOGNAME": name,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        MARKER: str(root),
    }


def user_name() -> str:
    """The name of the user who runs us, also where the system knows none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "sandbox"


def _is_passed_on(variable: str) -> bool:
    return variable.upper() in PASSED_ON or variable.startswith(PASSED_ON_PREFIXES)


def _uv_cache(starter: Mapping[str, str]) -> str:
    """The real user's cache of uv, or each sandbox would download everything again."""
    caches = starter.get("XDG_CACHE_HOME") or os.path.join(starter.get("HOME") or os.path.expanduser("~"), ".cache")
    return os.path.join(caches, "uv")


def _path(besides: str) -> str:
    """The system's, after the folder of the Python that runs us: it is known to work, and may be the only one."""
    own = os.path.dirname(os.path.realpath(sys.executable))
    return os.pathsep.join(dict.fromkeys((own, *filter(None, besides.split(os.pathsep)), *SYSTEM_PATH)))
