"""Tree and MissingBlobs: a release made whole from blobs, vandalised, mended; or not made at all."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.agent.overlay import Overlay
from backline.resources.actions.missing_blobs import MissingBlobs
from backline.resources.blobs import TreeFile, blob_id, files_in_manifest, manifest_text
from backline.resources.failure import Conflict, Failure, OnlyLooking
from backline.resources.tree import Tree
from tests.host.applying import ThisHost, this_host
from tests.host.vandalism import append, forbid, point_elsewhere, remove, replace_by_directory, replace_by_file

__all__ = ["this_host"]

CONTENTS = {
    "manage.py": (b"#!/usr/bin/env python\n", "100755"),
    "shop/settings.py": (b"DEBUG = False\n", "100644"),
    "shop/empty.py": (b"", "100644"),
    'shop/odd \n"name" \u00e9.txt': (b"\x00\xff", "100644"),
    "latest": (b"shop/settings.py", "120000"),
}


class Releases:
    """A releases folder and a folder into which blobs come."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.releases = root / "releases"
        self.incoming = root / "incoming"
        self.releases.mkdir()
        self.incoming.mkdir()

    def tree(self, number: int, contents: dict[str, tuple[bytes, str]]) -> Tree:
        files = tuple(TreeFile(path, blob_id(content), mode) for path, (content, mode) in contents.items())
        return Tree(str(self.releases / str(number)), files, str(self.releases), str(self.incoming))

    def receive(self, contents: dict[str, tuple[bytes, str]]) -> None:
        for content, _ in contents.values():
            (self.incoming / blob_id(content)).write_bytes(content)

    def forget_incoming(self) -> None:
        for path in self.incoming.iterdir():
            path.unlink()


@pytest.fixture
def site(tmp_path: Path) -> Releases:
    return Releases(tmp_path)


def test_blob_ids_are_gits(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"DEBUG = False\n")
    said = subprocess.run(["git", "hash-object", tmp_path / "file"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == blob_id(b"DEBUG = False\n")


def test_a_release_is_made_once_and_whole(this_host: ThisHost, site: Releases) -> None:
    tree = site.tree(1, CONTENTS)
    site.receive(CONTENTS)
    assert this_host.attributes(tree) == ["exists"]
    previous = os.umask(0o077)
    try:
        assert this_host.apply(tree)
    finally:
        os.umask(previous)
    assert not this_host.apply(tree)
    made = site.releases / "1"
    assert (made / 'shop/odd \n"name" \u00e9.txt').read_bytes() == b"\x00\xff"
    assert os.readlink(made / "latest") == "shop/settings.py"
    assert stat.S_IMODE((made / "manage.py").stat().st_mode) == 0o755
    assert stat.S_IMODE((made / "shop").stat().st_mode) == 0o755
    assert files_in_manifest((made / ".backline/manifest").read_bytes()) == tree.files
    assert os.listdir(site.releases) == ["1"]


def test_only_what_no_release_has_is_missing(this_host: ThisHost, site: Releases) -> None:
    first = site.tree(1, CONTENTS)
    assert MissingBlobs(first.files, first.releases).perform(this_host.machine) == tuple(
        blob_id(content) for content, _ in CONTENTS.values()
    )
    site.receive(CONTENTS)
    this_host.apply(first)
    changed = {**CONTENTS, "shop/settings.py": (b"DEBUG = True\n", "100644")}
    second = site.tree(2, changed)
    assert MissingBlobs(second.files, second.releases).perform(this_host.machine) == (blob_id(b"DEBUG = True\n"),)


def test_a_release_is_made_from_another_ones_files(this_host: ThisHost, site: Releases) -> None:
    site.receive(CONTENTS)
    this_host.apply(site.tree(1, CONTENTS))
    site.forget_incoming()
    assert this_host.apply(site.tree(2, CONTENTS))


def test_a_damaged_file_of_another_release_is_not_used(this_host: ThisHost, site: Releases) -> None:
    site.receive(CONTENTS)
    first = site.tree(1, CONTENTS)
    this_host.apply(first)
    append(site.releases / "1" / "manage.py")
    damaged = blob_id(CONTENTS["manage.py"][0])
    assert MissingBlobs(first.files, first.releases).perform(this_host.machine) == (damaged,)
    site.forget_incoming()
    with pytest.raises(Failure, match=r"the content of manage\.py .* is not on the host"):
        this_host.apply(site.tree(2, CONTENTS))
    assert os.listdir(site.releases) == ["1"]


def test_a_blob_that_came_damaged_is_not_used(this_host: ThisHost, site: Releases) -> None:
    site.receive(CONTENTS)
    append(site.incoming / blob_id(b""))
    with pytest.raises(Failure, match=r"shop/empty\.py"):
        this_host.apply(site.tree(1, CONTENTS))
    assert os.listdir(site.releases) == []


@pytest.mark.parametrize(
    ("vandalism", "path"),
    [
        (remove, "manage.py"),
        (append, "shop/settings.py"),
        (forbid, "manage.py"),
        (replace_by_directory, "shop/empty.py"),
        (replace_by_file, "latest"),
        (point_elsewhere, "latest"),
    ],
)
def test_a_release_is_mended_by_name(
    this_host: ThisHost, site: Releases, vandalism: Callable[[Path], None], path: str
) -> None:
    tree = site.tree(1, CONTENTS)
    site.receive(CONTENTS)
    this_host.apply(tree)
    (site.releases / "1" / ".venv").symlink_to("../../venvs/x")
    vandalism(site.releases / "1" / path)
    assert this_host.attributes(tree) == [path]
    assert this_host.apply(tree)
    assert (site.releases / "1" / ".venv").is_symlink()


def test_a_lost_folder_and_a_lost_manifest_are_mended(this_host: ThisHost, site: Releases) -> None:
    tree = site.tree(1, CONTENTS)
    site.receive(CONTENTS)
    this_host.apply(tree)
    remove(site.releases / "1" / "shop")
    remove(site.releases / "1" / ".backline")
    assert this_host.attributes(tree)[-1] == "manifest"
    assert this_host.apply(tree)


def test_mending_that_fails_leaves_the_release_as_it_was(this_host: ThisHost, site: Releases) -> None:
    tree = site.tree(1, CONTENTS)
    site.receive(CONTENTS)
    this_host.apply(tree)
    site.forget_incoming()
    append(site.releases / "1" / "shop/settings.py")
    remove(site.releases / "1" / "manage.py")
    with pytest.raises(Failure, match="is not on the host"):
        this_host.apply(tree)
    assert this_host.attributes(tree) == ["manage.py", "shop/settings.py"]
    assert os.listdir(site.releases) == ["1"]


def test_what_a_killed_run_left_is_in_nobodys_way(this_host: ThisHost, site: Releases) -> None:
    (site.releases / ".1.building" / "shop").mkdir(parents=True)
    site.receive(CONTENTS)
    assert this_host.apply(site.tree(1, CONTENTS))
    assert os.listdir(site.releases) == ["1"]


def test_a_file_in_a_releases_place_is_a_conflict(this_host: ThisHost, site: Releases) -> None:
    (site.releases / "1").write_text("")
    with pytest.raises(Conflict):
        this_host.check(site.tree(1, CONTENTS))


@pytest.mark.parametrize(
    ("path", "mode"), [("lib", "160000"), (".backline/run", "100644"), ("../out", "100644"), ("/etc/x", "100644")]
)
def test_what_a_release_cannot_hold_is_refused(this_host: ThisHost, site: Releases, path: str, mode: str) -> None:
    with pytest.raises(Failure):
        this_host.check(site.tree(1, {path: (b"", mode)}))


def test_in_check_mode_nothing_is_made(this_host: ThisHost, site: Releases) -> None:
    with pytest.raises(OnlyLooking):
        site.tree(1, CONTENTS).converge(Overlay(this_host.machine))
    assert os.listdir(site.releases) == []


def test_a_manifest_survives_every_name() -> None:
    files = (TreeFile("a\nb \udce9\u2028\x85.py", "0" * 40, "100644"),)
    assert files_in_manifest(manifest_text(files)) == files
