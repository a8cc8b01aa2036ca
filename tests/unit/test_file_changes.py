"""Which files of a release differ from those of the live one, and whose texts are told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from backline.deploy.file_changes import file_changes
from backline.deploy.git import Repository
from backline.resources.blobs import TreeFile


def files(**modes_and_blobs: str) -> tuple[TreeFile, ...]:
    """`a="100644 1"` is a file `a`."""
    pairs = ((path, text.split()) for path, text in modes_and_blobs.items())
    return tuple(TreeFile(path, blob, mode) for path, (mode, blob) in pairs)


BEFORE = files(same="100644 1", changed="100644 2", executable="100644 3", both="100644 4", removed="100644 5")
AFTER = files(same="100644 1", changed="100644 6", executable="100755 3", both="100755 7", new="100644 2")


def test_each_path_that_is_not_the_same_is_told_in_a_word() -> None:
    assert [(change.path, change.what) for change in file_changes(BEFORE, AFTER)] == [
        ("both", "mode 100644 → 100755, content"),
        ("changed", "content"),
        ("executable", "mode 100644 → 100755"),
        ("new", "new"),
        ("removed", "removed"),
    ]
    assert list(file_changes(BEFORE, BEFORE)) == []


@pytest.mark.needs("git")
def test_of_blobs_that_are_large_or_elsewhere_no_content_is_read(tmp_path: Path) -> None:
    def git(*words: str, text: bytes = b"") -> str:
        done = subprocess.run(["git", *words], cwd=tmp_path, input=text, capture_output=True, check=True)
        return done.stdout.decode().strip()

    git("init", "--quiet")
    small, large = (git("hash-object", "-w", "--stdin", text=text) for text in (b"small\n", b"x" * 101))
    repository = Repository(tmp_path)
    found = dict(repository.small_contents([small, large, "0" * 40, small], 100))
    assert found == {small: b"small\n"}
    assert dict(repository.small_contents([], 100)) == {}
