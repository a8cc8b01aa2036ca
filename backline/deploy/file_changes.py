"""How the files of a release would differ from those of the live one, for whoever only asks: told, with their texts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from backline.agent.events import Event, Kind
from backline.agent.steps.read_text import ReadText
from backline.deploy.draft import Draft
from backline.deploy.git import Repository
from backline.fleet.target import Target
from backline.resources.blobs import MANIFEST, TreeFile, files_in_manifest
from backline.resources.dataclass import dataclass
from backline.resources.foresight import Would
from backline.resources.resource import Difference

LARGEST = 64 * 1024
"""Bytes; of larger files, and of what is not text, only the names are told."""
MOST = 40
"""Files whose texts are told; of those behind them only the names."""


@dataclass(frozen=True)
class FileChange:
    """One path, in the tree of before and in that of after; None where it is not in one."""

    before: TreeFile | None
    after: TreeFile | None

    @property
    def path(self) -> str:
        file = self.after or self.before
        assert file is not None
        return file.path

    @property
    def what(self) -> str:
        """In a word or two."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "removed"
        mode = f"mode {self.before.mode} → {self.after.mode}" if self.before.mode != self.after.mode else ""
        content = "content" if self.before.blob != self.after.blob else ""
        return ", ".join(filter(None, (mode, content)))

    @property
    def blobs(self) -> tuple[str, ...]:
        return tuple(file.blob for file in (self.before, self.after) if file is not None)


def tell_file_changes(target: Target, draft: Draft) -> Iterator[Event]:
    """One event a path that changes on this host; of several with the same live release the first tells for all."""
    live = draft.on(target.name).stock.live_release
    if live is None or draft.source is None or not _is_first_of_its_release(target.name, draft):
        return
    manifest = target.answer(ReadText(f"{draft.on(target.name).release.app.releases}/{live.number}/{MANIFEST}"), str)
    changes = tuple(file_changes(files_in_manifest(manifest.encode()), draft.source.files))
    texts = _texts(draft.source.repository, changes[:MOST])
    for change in changes:
        before, after = (texts.get(file.blob) if file else None for file in (change.before, change.after))
        differences = (Difference("content", before, after),) if before != after else ()
        subject, now = change.path, time.time()
        yield Event(Kind.FORESEEN, now, status=Would.CHANGE, subject=subject, text=change.what, differences=differences)


def file_changes(before: Iterable[TreeFile], after: Iterable[TreeFile]) -> Iterator[FileChange]:
    """Every path that is not the same in both, by name."""
    old, new = ({file.path: file for file in files} for files in (before, after))
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path):
            yield FileChange(old.get(path), new.get(path))


def _is_first_of_its_release(name: str, draft: Draft) -> bool:
    number = draft.on(name).stock.live_number
    return name == next(host for host, change in draft.changes.items() if change.stock.live_number == number)


def _texts(repository: Repository, changes: Iterable[FileChange]) -> dict[str, str]:
    """What is text and not too long, of the blobs that are here; a change is told with both of its texts or none."""
    every = tuple(changes)
    contents = dict(repository.small_contents((blob for change in every for blob in change.blobs), LARGEST))
    texts = {blob: text for blob, content in contents.items() if (text := _as_text(content)) is not None}
    whole = (change.blobs for change in every if all(blob in texts for blob in change.blobs))
    return {blob: texts[blob] for blobs in whole for blob in blobs}


def _as_text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
