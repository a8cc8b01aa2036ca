"""What is wrong with the variables of plain mode, and with the others where plain mode cannot do with them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from backline.resources.supervisor_file import why_not_carried
from backline.settings.app import App
from backline.settings.settings import Objection

OF_PLAIN_MODE_ALONE = "means something with supervisor_naming: plain alone; set that, or take this out"


def objections_to_paths(app: App, paths: Mapping[str, str]) -> Iterator[Objection]:
    """`paths` are app_directory and app_virtualenv; those that are not set are empty."""
    given = {variable: path for variable, path in paths.items() if path}
    if app.plain is None:
        yield from (Objection(variable, OF_PLAIN_MODE_ALONE) for variable in given)
        return
    for variable, path in given.items():
        if not is_whole(path):
            yield Objection(variable, f'must be an absolute path without . and .. in it, but is "{path}"')
        elif any(is_within(path, own) or is_within(own, path) for own in _own_places(app)):
            yield Objection(variable, f"must be a place of its own, but {path} is Backline's (see app_root)")
        for other, folder in given.items():
            if other != variable and is_within(path, folder):
                yield Objection(
                    variable, f"must not lie in {other}: it leads into the release, which is never written to"
                )


def objections_to_environment(app: App) -> Iterator[Objection]:
    """Supervisor's `environment=` carries what the launcher would: not everything."""
    if app.plain is None:
        return
    for name, value in app.environment.items():
        why = why_not_carried(name, value)
        if why:
            yield Objection(
                "app_environment", f"sets {name}, which {why}; supervisor_naming: generations carries every value"
            )


def objections_to_log_file(app: App, variable: str, path: str) -> Iterator[Objection]:
    """A log must be where it can stay when its release goes."""
    if not path:
        return
    if app.plain is None:
        yield Objection(variable, OF_PLAIN_MODE_ALONE)
    elif not is_whole(path) or path.endswith("/"):
        yield Objection(variable, f'must be the absolute path of a file, without . and .. in it, but is "{path}"')
    elif app.plain.directory and is_within(path, app.plain.directory):
        inside = posixpath.relpath(path, app.plain.directory)
        if not any(is_within(inside, shared) for shared in app.shared_paths):
            yield Objection(
                variable,
                f"lies in app_directory, where it would vanish with its release: "
                f"add {posixpath.dirname(inside) or 'a folder for it'} to app_shared_paths, or set a path elsewhere",
            )


def is_whole(path: str) -> bool:
    """Absolute, more than the root, and its own shortest form but for slashes at its end."""
    return path.startswith("/") and posixpath.normpath(path) == (path.rstrip("/") or "none") != "/"


def is_within(path: str, folder: str) -> bool:
    """Whether a path is a folder's own or of something in it."""
    inner, outer = PurePosixPath(path), PurePosixPath(folder)
    return outer == inner or outer in inner.parents


def _own_places(app: App) -> tuple[str, ...]:
    return (
        *(app.releases, app.current, app.run_directory, app.virtualenvs),
        *(app.shared, app.logs, app.state_directory),
    )
