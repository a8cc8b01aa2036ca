"""Puts the code of a release on a host: the blobs that no release there has, the tree, and what we add to it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator

from backline.agent.steps.adopt_release import AdoptRelease
from backline.agent.steps.burn_number import BurnNumber
from backline.agent.steps.read_text import ReadText
from backline.agent.steps.require_contents import DropContents
from backline.deploy.draft import Change, Draft
from backline.deploy.file_changes import tell_file_changes
from backline.deploy.shared_paths import require_free, shared_links
from backline.fleet.target import Target, expected
from backline.resources.actions.missing_blobs import MissingBlobs
from backline.resources.blobs import TreeFile
from backline.resources.directory import Directory
from backline.resources.failure import Failure, Interrupted
from backline.resources.file import File
from backline.resources.link import Link
from backline.resources.plan import Entry, Plan
from backline.resources.resource import Resource
from backline.resources.tree import Tree
from backline.resources.words import counted, data_size
from backline.settings.app import Release
from backline.settings.app_settings import AppSettings
from backline.settings.launcher import environment_text, launcher_text
from backline.settings.plain import static_root

ENVIRONMENT_MODE = 0o600
ENVIRONMENT_MODE_FOR_GROUP = 0o640
"""Where it belongs to root, and the app's group may read it."""
PROGRAM_MODE = 0o755
MAKE_ROOM = "make room on that file system (df -h, df -i) and run this again"


def push_code(target: Target, draft: Draft) -> None:
    """Send what is missing, and make the release's directory."""
    assert draft.source is not None
    change = draft.on(target.name)
    require_free(_shared_paths(change), draft.source.files)
    releases = change.release.app.releases
    burnt = target.session.begin(_burn(change))
    incoming = f"{change.release.app.state_directory}/incoming"
    asked = target.session.begin(MissingBlobs(draft.source.files, releases))
    target.session.foretell(lambda: tell_file_changes(target, draft))
    missing = expected(asked.result(), tuple)
    burnt.result()
    paths = paths_of(draft.source.files)
    count = sum(len(paths[blob]) for blob in missing)
    size = sum(draft.source.repository.sizes(missing))
    require_room(change, size)
    target.session.begin_upload(count, size)
    try:
        for blob, content in draft.source.repository.contents(missing):
            target.session.put_blob(blob, content, incoming, paths[blob])
        tree = Tree(change.release.directory, draft.source.files, releases, incoming)
        target.apply(_plan(tree, *_own_files(change, draft.source.requirements)))
    finally:
        _drop(target, incoming)
    target.session.remark(_sent(count, len(draft.source.files), size))


def require_room(change: Change, size: int) -> None:
    """Raises Failure where so many bytes, which are only the first that a release needs, surely do not fit."""
    room = change.stock.state.room
    if room is not None and size > room:
        raise Failure(
            f"{data_size(size)} are to be sent, and {data_size(room)} are free at {change.release.app.releases}",
            hint=MAKE_ROOM,
        )


def _drop(target: Target, incoming: str) -> None:
    """What was sent is in the release, or fills a disk for nothing; what a stopped run leaves, the next one drops."""
    with contextlib.suppress(Interrupted):
        target.session.begin(DropContents(incoming))


def _sent(count: int, all_files: int, size: int) -> str:
    if not count:
        return f"nothing to send: {counted(all_files, 'file')} there already"
    return f"{count} of {counted(all_files, 'file')} sent, {data_size(size)}"


def paths_of(files: Iterable[TreeFile]) -> dict[str, tuple[str, ...]]:
    """Where in a tree each blob stands: at one path, or at several that are alike."""
    paths: dict[str, tuple[str, ...]] = {}
    for file in files:
        paths[file.blob] = (*paths.get(file.blob, ()), file.path)
    return paths


def adopt_code(target: Target, draft: Draft) -> None:
    """Take code, static files and environment of a release that is on the host already; nothing is sent or built."""
    change = draft.on(target.name)
    target.perform(_burn(change))
    target.perform(AdoptRelease(f"{change.release.app.releases}/{change.adopted}", change.release.directory))
    target.apply(_plan(*_launcher_and_record(change)))
    target.tally.virtualenv = "reused"
    target.session.remark(f"{change.release.name} is r{change.record.origin}")


def _burn(change: Change) -> BurnNumber:
    """From now on the number is used, whatever becomes of the release."""
    return BurnNumber(change.release.app.state_directory, change.release.number)


def read_requirements(target: Target, number: int) -> str:
    """The lock of a release that is on the host."""
    return target.answer(ReadText(requirements_path(target.settings.app.releases, number)), str)


def requirements_path(releases: str, number: int) -> str:
    """Where a release keeps the lock that its virtualenv was built from."""
    return f"{releases}/{number}/.backline/requirements.txt"


def _own_files(change: Change, requirements: str) -> Iterator[Resource]:
    """What we add to the project's tree."""
    release = change.release
    yield Directory(release.own_directory, mode=0o755)
    yield Directory(release.static, mode=0o755)
    yield environment_file(release)
    yield requirements_file(release, requirements)
    yield Link(f"{release.directory}/.venv", os.path.relpath(release.virtualenv, release.directory))
    yield from shared_links(release, _shared_paths(change))
    yield from _launcher_and_record(change)


def _shared_paths(change: Change) -> tuple[str, ...]:
    return change.stock.settings.of(AppSettings).app_shared_paths


def _launcher_and_record(change: Change) -> Iterator[Resource]:
    """What carries the release's own number."""
    release = change.release
    module = change.record.settings_module or change.stock.settings.of(AppSettings).django_settings_module
    yield launcher_file(release, module)
    yield File(release.record, change.record.to_json(), mode=0o644)


def environment_file(release: Release) -> File:
    """What every process of the release finds in its environment."""
    app = release.app
    mode = ENVIRONMENT_MODE_FOR_GROUP if app.group else ENVIRONMENT_MODE
    return File(f"{release.own_directory}/env", environment_text(app.environment), mode, app.keeper, app.group)


def requirements_file(release: Release, requirements: str) -> File:
    """The lock that the release's virtualenv is built from."""
    return File(requirements_path(release.app.releases, release.number), requirements, mode=0o644)


def launcher_file(release: Release, module: str) -> File:
    """The script that every process of the release starts by."""
    return File(release.launcher, launcher_text(release, module, static_root(release)), mode=PROGRAM_MODE)


def _plan(*resources: Resource) -> Plan:
    return Plan(tuple(Entry(resource) for resource in resources))
