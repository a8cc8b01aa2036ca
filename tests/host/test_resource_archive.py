"""Archive, and what is left behind: unpacked once, whole or not at all, and nothing outside."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from backline.agent.steps.require_contents import RequireContents
from backline.deploy.lightening import LARGE, lightened
from backline.resources.archive import Archive
from backline.resources.blobs import blob_id
from backline.resources.directory import Directory
from backline.resources.failure import Conflict, Failure
from backline.resources.file import File
from backline.resources.left_behind import ContentNeeded, LeftBehind
from backline.resources.plan import Entry, Plan
from tests.host.applying import ThisHost, this_host

__all__ = ["this_host"]


def member(name: str, **attributes: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for attribute, value in {"mode": 0o644, "uid": 4711, "gid": 4711, **attributes}.items():
        setattr(made, attribute, value)
    return made


def packed(*members: tarfile.TarInfo, content: bytes = b"text\n") -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for one in members:
            one.size = len(content) if one.isfile() else 0
            archive.addfile(one, io.BytesIO(content))
    return whole.getvalue()


LINK = member("latest", type=tarfile.SYMTYPE, linkname="bin")
CODE = packed(member("bin/run", mode=0o4755), member("manage.py"), LINK)


def test_archive_is_unpacked_once_and_is_ours(this_host: ThisHost, tmp_path: Path) -> None:
    archive = Archive(str(tmp_path / "code"), CODE)
    assert this_host.attributes(archive) == ["archive"]
    assert this_host.apply(archive)
    assert not this_host.apply(archive)
    assert (tmp_path / "code/latest/run").read_text() == "text\n"
    assert stat.S_IMODE((tmp_path / "code/bin/run").stat().st_mode) == 0o755
    assert {path.lstat().st_uid for path in (tmp_path / "code").rglob("*")} == {os.geteuid()}
    assert sorted(os.listdir(tmp_path)) == [".code.archive", "code"]


def test_another_archive_takes_its_place_whole(this_host: ThisHost, tmp_path: Path) -> None:
    this_host.apply(Archive(str(tmp_path / "code"), CODE))
    assert this_host.apply(Archive(str(tmp_path / "code"), packed(member("other"))))
    assert os.listdir(tmp_path / "code") == ["other"]


@pytest.mark.parametrize(
    "bad",
    [
        packed(member("../outside")),
        packed(member("/outside")),
        packed(member("link", type=tarfile.SYMTYPE, linkname="../../etc/passwd")),
        packed(member("pipe", type=tarfile.FIFOTYPE)),
        b"no archive",
        CODE[:60],
    ],
    ids=["above", "absolute", "link", "pipe", "no archive", "cut off"],
)
def test_archive_that_is_bad_leaves_everything_as_it_was(this_host: ThisHost, tmp_path: Path, bad: bytes) -> None:
    this_host.apply(Archive(str(tmp_path / "code"), CODE))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Failure, match="the archive of"):
        this_host.apply(Archive(str(tmp_path / "code"), bad))
    assert sorted(tmp_path.rglob("*")) == before


def test_something_else_in_its_place_is_a_conflict(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "code").touch()
    with pytest.raises(Conflict, match="a directory should be there"):
        this_host.check(Archive(str(tmp_path / "code"), CODE))


def test_only_what_is_large_is_left_behind(tmp_path: Path) -> None:
    large = b"x" * (LARGE + 1)
    small = Entry(File(f"{tmp_path}/small", b"x"))
    others = (Entry(File(f"{tmp_path}/a", large)), Entry(Directory("/b")), Entry(File(f"{tmp_path}/c", large)))
    light = lightened(Plan((small, *others)), "/incoming")
    assert dict(light.contents) == {blob_id(large): large}
    assert light.paths(blob_id(large)) == (f"{tmp_path}/a", f"{tmp_path}/c")
    assert light.plan.entries[0] is small
    assert [one.content for one in light.resources] == [LeftBehind(blob_id(large), LARGE + 1, "/incoming")] * 2


def test_a_difference_of_what_was_left_behind_names_both_contents_alike(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "wheel").write_bytes(b"old")
    file = File(str(tmp_path / "wheel"), LeftBehind(blob_id(b"new"), 3, str(tmp_path)))
    (difference,) = this_host.check(file)
    told = tuple(f"3 bytes, blob {blob_id(text)[:16]}…" for text in (b"old", b"new"))
    assert (difference.before, difference.after) == told


def test_what_was_left_behind_is_asked_for_only_where_it_is_needed(this_host: ThisHost, tmp_path: Path) -> None:
    content = os.urandom(LARGE * 2)
    file = File(str(tmp_path / "wheel"), content)
    light = lightened(Plan((Entry(file),)), str(tmp_path / "incoming"))
    required = RequireContents(light.resources)
    with pytest.raises(ContentNeeded) as needed:
        required.perform(this_host.machine)
    assert needed.value.blobs == (blob_id(content),)
    with pytest.raises(ContentNeeded):
        light.resources[0].converge(this_host.machine)
    this_host.apply(Directory(str(tmp_path / "incoming")))
    this_host.apply(File(str(tmp_path / "incoming" / blob_id(content)), content))
    required.perform(this_host.machine)
    assert this_host.apply(light.resources[0])
    assert (tmp_path / "wheel").read_bytes() == content
    (tmp_path / "incoming" / blob_id(content)).unlink()
    required.perform(this_host.machine)
    assert not this_host.apply(light.resources[0])
    assert not this_host.apply(file)


def test_what_came_damaged_is_refused(this_host: ThisHost, tmp_path: Path) -> None:
    left = LeftBehind(blob_id(b"right"), 5, str(tmp_path))
    (tmp_path / left.blob).write_bytes(b"wrong")
    with pytest.raises(Failure, match="damaged"):
        this_host.apply(File(str(tmp_path / "file"), left))
