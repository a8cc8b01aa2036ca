"""The paths in a project that all its releases share: links to folders that stay when releases go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from backline.resources.blobs import TreeFile
from backline.resources.directory import Directory
from backline.resources.failure import Conflict
from backline.resources.link import Link
from backline.resources.resource import Resource
from backline.resources.shared_folder import SharedFolder
from backline.settings.app import Release


def require_free(shared: Iterable[str], files: Iterable[TreeFile]) -> None:
    """Raises Conflict where git has something at a path that is to be shared, or a file where its folder should be."""
    tracked = {PurePosixPath(file.path) for file in files}
    folders = {folder for path in tracked for folder in path.parents}
    for path in map(PurePosixPath, _plain(shared)):
        if path in tracked or path in folders:
            raise Conflict(
                f"{path} is to be shared by all releases (app_shared_paths), and the project's git has it too",
                hint=f"take it out of git:  git rm -r --cached {path}\nor out of app_shared_paths",
            )
        blocked = next((folder for folder in path.parents if folder in tracked), None)
        if blocked is not None:
            raise Conflict(
                f"{path} cannot be shared by all releases (app_shared_paths): {blocked} is no folder in git",
                hint=f"rename {blocked}, or take {path} out of app_shared_paths",
            )


def shared_links(release: Release, shared: Iterable[str]) -> Iterator[Resource]:
    """The shared folders, and the links to them; git does not know folders that are empty, so what is above is made."""
    for path in _plain(shared):
        place, folder = f"{release.directory}/{path}", f"{release.app.shared}/{path}"
        for above in reversed(PurePosixPath(path).parents[:-1]):
            yield Directory(f"{release.directory}/{above}", mode=0o755)
        app = release.app
        yield SharedFolder(folder, mode=0o755, owner=app.user, group=app.group, inside=app.shared)
        yield Link(place, os.path.relpath(folder, os.path.dirname(place)))


def _plain(shared: Iterable[str]) -> Iterator[str]:
    """As git writes paths: without a slash at the end, or a dot."""
    return (str(PurePosixPath(path)) for path in shared)
