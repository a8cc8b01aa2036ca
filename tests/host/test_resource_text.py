"""Line and Block: ours among the lines of others, which stay as they are."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from backline.resources.block import Block
from backline.resources.emptied import Emptied
from backline.resources.failure import ConfigurationError, Conflict
from backline.resources.line import Line
from backline.resources.resource import Difference
from tests.host.applying import ThisHost, this_host

__all__ = ["this_host"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "UMASK 027\n"),
        ("A\n", "A\nUMASK 027\n"),
        ("no newline at the end", "no newline at the end\nUMASK 027\n"),
        ("UMASK 022\nB\n", "UMASK 027\nB\n"),
        ("UMASK 022\nUMASK 077\nB\n", "UMASK 022\nUMASK 027\nB\n"),
        ("# UMASK is\nB\n", "# UMASK is\nB\nUMASK 027\n"),
        ("\n\nUMASK 1\n\n", "\n\nUMASK 027\n\n"),
        ("caf\udce9\n", "caf\udce9\nUMASK 027\n"),
    ],
)
def test_line_is_put_once_where_it_belongs(this_host: ThisHost, tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / "login.defs"
    file.write_bytes(before.encode(errors="surrogateescape"))
    file.chmod(0o640)
    line = Line(str(file), "UMASK 027", instead_of="^UMASK")
    assert this_host.attributes(line) == ["line"]
    assert this_host.apply(line)
    assert not this_host.apply(line)
    assert file.read_bytes() == after.encode(errors="surrogateescape")
    assert file.stat().st_mode & 0o777 == 0o640


def test_line_without_a_pattern_is_added_once_also_where_there_is_no_file(this_host: ThisHost, tmp_path: Path) -> None:
    line = Line(str(tmp_path / "hosts"), "198.51.100.7 db.internal")
    assert this_host.apply(line)
    assert not this_host.apply(line)
    assert (tmp_path / "hosts").read_text() == "198.51.100.7 db.internal\n"


def test_line_follows_a_link_and_leaves_it(this_host: ThisHost, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("a\n")
    (tmp_path / "link").symlink_to("real")
    assert this_host.apply(Line(str(tmp_path / "link"), "b"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "a\nb\n"


def test_several_lines_are_no_line(this_host: ThisHost, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a Line is one line"):
        this_host.apply(Line(str(tmp_path / "file"), "a\nb"))


def test_directory_in_the_files_place_is_a_conflict(this_host: ThisHost, tmp_path: Path) -> None:
    for resource in (Line(str(tmp_path), "a"), Block(str(tmp_path), "ours", "a")):
        with pytest.raises(Conflict, match="a file should be there"):
            this_host.check(resource)


def test_block_is_added_changed_and_kept_where_it_stands(this_host: ThisHost, tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("first\n")
    assert this_host.apply(Block(str(file), "shop", "a\nb"))
    with file.open("a") as more:
        more.write("last\n")
    assert not this_host.apply(Block(str(file), "shop", "a\nb"))
    assert this_host.apply(Block(str(file), "other", "x"))
    assert this_host.apply(Block(str(file), "shop", "c"))
    assert [line for line in file.read_text().splitlines() if not line.startswith("#")] == ["first", "c", "last", "x"]


def test_block_keeps_what_unicode_calls_the_end_of_a_line(this_host: ThisHost, tmp_path: Path) -> None:
    block = Block(str(tmp_path / "notes"), "shop", "a\u2028b\fc\x85d\r\ne\n")
    assert this_host.apply(block)
    assert not this_host.apply(block)
    assert (tmp_path / "notes").read_bytes().split(b"\n")[1:-2] == ["a\u2028b\fc\x85d\r".encode(), b"e"]


def test_block_that_lost_its_end_is_written_anew_and_nothing_is_lost(this_host: ThisHost, tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    block = Block(str(file), "shop", "a", comment=";")
    this_host.apply(block)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:-1], "theirs", ""]))
    assert this_host.apply(block)
    assert not this_host.apply(block)
    assert "theirs" in file.read_text().splitlines()


def test_what_a_file_said_it_says_no_more_and_stays_whose_it_was(this_host: ThisHost, tmp_path: Path) -> None:
    emptied = Emptied(str(tmp_path / "ours.conf"))
    assert not this_host.apply(emptied)
    assert os.listdir(tmp_path) == []
    (tmp_path / "ours.conf").write_text("requirepass open-sesame\n")
    (tmp_path / "ours.conf").chmod(0o640)
    assert this_host.check(emptied) == (Difference("content", "24 bytes", "nothing"),)
    assert this_host.apply(emptied)
    assert (tmp_path / "ours.conf").read_text() == ""
    assert stat.S_IMODE((tmp_path / "ours.conf").stat().st_mode) == 0o640
    assert not this_host.apply(emptied)
