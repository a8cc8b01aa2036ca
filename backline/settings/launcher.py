"""The launcher of a release and the environment file that it reads: every process of the app is started by it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret
from backline.settings.app import Release
from backline.settings.templates import render_template

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_OF_SHELLS = frozenset(
    ("_", "BASHOPTS", "BASHPID", "BASH_VERSINFO", "DIRSTACK", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "IFS", "LINENO")
    + ("OLDPWD", "OPTARG", "OPTIND", "PPID", "PWD", "RANDOM", "SECONDS", "SHELLOPTS", "UID")
)
"""Names that one shell or another keeps for itself: assigning them fails, or does something else."""

_OF_THE_LAUNCHER = {
    "BACKLINE_RELEASE": "Backline sets it to the release's name",
    "DJANGO_SETTINGS_MODULE": "set the variable django_settings_module instead",
}


def launcher_text(release: Release, django_settings_module: str, extra: Mapping[str, str] | None = None) -> str:
    """The POSIX shell script `.backline/run`: it becomes the program that its arguments name.

    `extra` is exported besides, over what the environment file says; nothing secret."""
    exported = {
        **(extra or {}),
        "BACKLINE_RELEASE": release.name,
        "DJANGO_SETTINGS_MODULE": django_settings_module,
    }
    for name, value in exported.items():
        _require_name(name)
        _require_carried(name, value)
    return render_template(
        "run.j2",
        release=release.name,
        environment_file=shell_quoted(f"{release.own_directory}/env"),
        exported={name: shell_quoted(value) for name, value in exported.items()},
        programs=shell_quoted(f"{release.directory}/.venv/bin"),
        directory=shell_quoted(release.directory),
        record=shell_quoted(release.record),
    )


def environment_text(values: Mapping[str, str | Secret]) -> str | Secret:
    """The environment file: one assignment a variable, for a POSIX shell to read; secret as soon as one value is.

    Raises ConfigurationError for what no environment can carry, by name and without the value."""
    text = "".join(f"{name}={shell_quoted(_checked(name, value))}\n" for name, value in values.items())
    if any(isinstance(value, Secret) for value in values.values()):
        return Secret(text)
    return text


def shell_quoted(text: str) -> str:
    """One word for every POSIX shell, whatever is in it: newlines, quotes, `$`, backslashes."""
    return "'" + text.replace("'", "'\\''") + "'"


def _checked(name: str, value: str | Secret) -> str:
    _require_name(name)
    if name in _OF_SHELLS:
        raise ConfigurationError(f"app_environment: {name} is a name that shells keep for themselves", hint="rename it")
    if name in _OF_THE_LAUNCHER:
        raise ConfigurationError(f"app_environment: {name} is not yours to set", hint=_OF_THE_LAUNCHER[name])
    plain = value.reveal() if isinstance(value, Secret) else value
    _require_carried(name, plain)
    return plain


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"app_environment: {name!r} cannot be the name of an environment variable",
            hint="use letters, digits and underscores, and no digit first",
        )


def _require_carried(name: str, value: str) -> None:
    if "\0" in value:
        raise ConfigurationError(
            f"app_environment: the value of {name} contains a NUL byte, which no environment carries"
        )
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ConfigurationError(f"app_environment: the value of {name} is not text that UTF-8 can carry")
