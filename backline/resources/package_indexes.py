"""Where packages come from: what pip is told of indexes, by files and environment, told to uv, which reads neither."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.resource import Host

SECTIONS = ("global", "install")
"""The sections of a pip.conf that hold for installing, the weaker first."""


def uv_environment(host: Host) -> dict[str, str]:
    """The variables that make uv ask where pip would; a variable of uv's own that is set already stays as it is."""
    told = _in_uv_words(_pip_settings(host, os.environ))
    return {name: value for name, value in told.items() if name not in os.environ}


def uv_arguments(host: Host) -> tuple[str, ...]:
    """What `uv pip install` can only be told by an argument."""
    asks_no_index = _pip_settings(host, os.environ).get("no-index", "").lower() in ("1", "true", "yes", "on")
    return ("--no-index",) if asks_no_index else ()


def _in_uv_words(settings: Mapping[str, str]) -> dict[str, str]:
    extra = settings.get("extra-index-url", "").split()
    told = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": " ".join(extra),
        # pip takes the best version of all indexes; uv of itself looks no further than the first that has the name
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",
        "UV_FIND_LINKS": ",".join(settings.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", "").split()),
        "SSL_CERT_FILE": settings.get("cert", ""),
        "SSL_CLIENT_CERT": settings.get("client-cert", ""),
        "HTTP_PROXY": settings.get("proxy", ""),
        "HTTPS_PROXY": settings.get("proxy", ""),
    }
    return {name: value for name, value in told.items() if value}


def _pip_settings(host: Host, environment: Mapping[str, str]) -> dict[str, str]:
    """pip's settings, the stronger over the weaker: machine, user, the file in PIP_CONFIG_FILE, the environment."""
    found: dict[str, str] = {}
    if environment.get("PIP_CONFIG_FILE") != os.devnull:
        for path in _configuration_files(environment):
            found.update(_settings_in(host, path))
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            found[name[len("PIP_") :].lower().replace("_", "-")] = value
    return found


def _configuration_files(environment: Mapping[str, str]) -> tuple[str, ...]:
    home = environment.get("HOME") or os.path.expanduser("~")
    machine = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    own = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return (
        *(f"{folder}/pip/pip.conf" for folder in reversed(machine.split(":")) if folder),
        "/etc/pip.conf",
        f"{home}/.pip/pip.conf",
        f"{own}/pip/pip.conf",
        *filter(None, (environment.get("PIP_CONFIG_FILE"),)),
    )


def _settings_in(host: Host, path: str) -> dict[str, str]:
    found = host.status(path)
    if found is None or found.is_directory:
        return {}
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(host.read(path).decode("utf-8"), path)
    except (configparser.Error, UnicodeDecodeError):
        host.tell(f"{path} cannot be read as pip's configuration and is passed over")
        return {}
    settings: dict[str, str] = {}
    for section in SECTIONS:
        if parser.has_section(section):
            settings.update((name.replace("_", "-"), value) for name, value in parser.items(section))
    return settings
