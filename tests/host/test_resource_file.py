"""File: absent, made, vandalised, mended; refused half-way; and what it never shows."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from backline.resources.failure import Conflict, Failure
from backline.resources.file import File
from backline.resources.secret import MASK, Secret
from tests.host.applying import ThisHost, this_host
from tests.host.vandalism import (
    Vandalism,
    append,
    empty,
    forbid,
    open_up,
    remove,
    replace_by_directory,
    replace_by_link,
)

__all__ = ["this_host"]


def test_file_is_made_once(this_host: ThisHost, tmp_path: Path) -> None:
    file = File(str(tmp_path / "motd"), "hello\n", mode=0o640)
    assert this_host.attributes(file) == ["content"]
    assert this_host.apply(file)
    assert not this_host.apply(file)
    assert (tmp_path / "motd").read_text() == "hello\n"
    assert stat.S_IMODE((tmp_path / "motd").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["motd"]


@pytest.mark.parametrize(
    ("vandalism", "named"),
    [
        (remove, ["content"]),
        (append, ["content"]),
        (empty, ["content"]),
        (forbid, ["mode"]),
        (open_up, ["mode"]),
        (replace_by_link, ["kind"]),
    ],
)
def test_file_is_mended(this_host: ThisHost, tmp_path: Path, vandalism: Vandalism, named: list[str]) -> None:
    file = File(str(tmp_path / "motd"), "hello\n")
    this_host.apply(file)
    vandalism(tmp_path / "motd")
    assert this_host.attributes(file) == named
    assert this_host.apply(file)
    assert (tmp_path / "motd").read_text() == "hello\n"


def test_link_in_a_files_place_is_replaced_and_its_target_left_alone(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "motd").symlink_to("target")
    this_host.apply(File(str(tmp_path / "motd"), "hello\n"))
    assert not (tmp_path / "motd").is_symlink()
    assert (tmp_path / "target").read_text() == "precious"


def test_directory_in_a_files_place_is_a_conflict(this_host: ThisHost, tmp_path: Path) -> None:
    file = File(str(tmp_path / "motd"), "hello\n")
    this_host.apply(file)
    replace_by_directory(tmp_path / "motd")
    with pytest.raises(Conflict, match="is a directory"):
        this_host.check(file)


def test_refused_content_leaves_the_old_file_and_nothing_else(this_host: ThisHost, tmp_path: Path) -> None:
    validate = ("sh", "-c", 'grep -q good "$1" || { echo "line 1: $(cat "$1")"; exit 3; }', "sh", "{}")
    this_host.apply(File(str(tmp_path / "conf"), "good one\n", validate=validate))
    bad = File(str(tmp_path / "conf"), "bad hunter2\n", validate=validate, secrets=(Secret("hunter2"),))
    with pytest.raises(Failure, match="refuses the new content") as caught:
        bad.converge(this_host.machine)
    assert caught.value.lines == (f"line 1: bad {MASK}",)
    assert (tmp_path / "conf").read_text() == "good one\n"
    assert os.listdir(tmp_path) == ["conf"]


def test_validation_sees_the_final_mode(this_host: ThisHost, tmp_path: Path) -> None:
    validate = ("sh", "-c", 'test "$(stat -c %a "$1")" = 750', "sh", "{}")
    assert this_host.apply(File(str(tmp_path / "run"), "#!/bin/sh\n", mode=0o750, validate=validate))


def test_missing_folder_is_named(this_host: ThisHost, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot write .*: No such file or directory"):
        this_host.apply(File(str(tmp_path / "no" / "motd"), "hello\n"))


def test_secret_content_never_shows(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("old-key")
    shown = repr(this_host.check(File(str(tmp_path / "key"), Secret("new-key"))))
    assert "content" in shown
    assert "old-key" not in shown
    assert "new-key" not in shown


def test_neither_new_nor_previous_secret_shows_in_a_text(this_host: ThisHost, tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("DEBUG=0\nPASSWORD=previous\n")
    [difference] = this_host.check(
        File(str(path), "DEBUG=0\nPASSWORD=hunter2\n", mode=0o644, secrets=(Secret("hunter2"),))
    )
    assert difference.before == f"DEBUG=0\n{MASK}\n"
    assert difference.after == f"DEBUG=0\nPASSWORD={MASK}\n"


def test_binary_content_is_described(this_host: ThisHost, tmp_path: Path) -> None:
    [difference] = this_host.check(File(str(tmp_path / "image"), b"\xff\xfe\x00"))
    assert str(difference.after).startswith("3 bytes, sha256 ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_is_set_mended_and_kept(this_host: ThisHost, tmp_path: Path) -> None:
    file = File(str(tmp_path / "motd"), "hello\n", owner="daemon", group="daemon")
    this_host.apply(file)
    os.chown(tmp_path / "motd", 0, 0)
    assert this_host.attributes(file) == ["owner", "group"]
    assert this_host.apply(file)
    assert this_host.apply(File(str(tmp_path / "motd"), "other\n"))
    assert (tmp_path / "motd").owner() == "daemon"


def test_unknown_owner_is_named_before_anything_is_written(this_host: ThisHost, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="there is no user nobody-of-that-name"):
        this_host.apply(File(str(tmp_path / "motd"), "hello\n", owner="nobody-of-that-name"))
    assert os.listdir(tmp_path) == []
