"""Files by SFTP, through Paramiko's client."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator

import paramiko
import pytest

from tests.host.sandbox.conftest import RunningSandbox


@contextlib.contextmanager
def files_of(running: RunningSandbox) -> Iterator[paramiko.SFTPClient]:
    with running.login() as transport:
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        with client:
            yield client


def test_what_is_put_can_be_got(running: RunningSandbox) -> None:
    data = os.urandom(12 << 20)
    with files_of(running) as files:
        files.putfo(io.BytesIO(data), "put")
        received = io.BytesIO()
        files.getfo("put", received)
    assert (running.root / "put").read_bytes() == data == received.getvalue()


def test_paths_begin_at_home(running: RunningSandbox) -> None:
    with files_of(running) as files:
        assert files.normalize(".") == str(running.root)
        assert files.normalize("/tmp/..") == "/"


def test_setting_a_size_keeps_what_is_below_it(running: RunningSandbox) -> None:
    (running.root / "sized").write_bytes(b"0123456789")
    with files_of(running) as files:
        files.truncate("sized", 4)
        with files.open("sized", "r+") as file:
            file.truncate(6)
    assert (running.root / "sized").read_bytes() == b"0123\0\0"


def test_mode_and_times_are_set(running: RunningSandbox) -> None:
    target = running.root / "attributes"
    target.touch()
    with files_of(running) as files:
        files.chmod("attributes", 0o640)
        files.utime("attributes", (1000, 2000))
        assert files.stat("attributes").st_mtime == 2000
    assert target.stat().st_mode & 0o7777 == 0o640


def test_folders_links_and_names(running: RunningSandbox) -> None:
    with files_of(running) as files:
        files.mkdir("folder")
        files.putfo(io.BytesIO(b"old"), "folder/old")
        files.putfo(io.BytesIO(b"new"), "folder/new")
        with pytest.raises(OSError):
            files.rename("folder/new", "folder/old")
        files.posix_rename("folder/new", "folder/old")
        files.symlink("old", "folder/link")
        assert sorted(files.listdir("folder")) == ["link", "old"]
        assert files.readlink("folder/link") == "old"
        assert (running.root / "folder/old").read_bytes() == b"new"
        files.remove("folder/link")
        files.remove("folder/old")
        files.rmdir("folder")
    assert not (running.root / "folder").exists()


def test_appending_and_refusing_what_exists(running: RunningSandbox) -> None:
    (running.root / "log").write_bytes(b"one\n")
    with files_of(running) as files:
        with files.open("log", "a") as file:
            file.write(b"two\n")
        with pytest.raises(OSError):
            files.open("log", "wx")
    assert (running.root / "log").read_bytes() == b"one\ntwo\n"


def test_what_is_not_there_is_said_to_be_missing(running: RunningSandbox) -> None:
    with files_of(running) as files, pytest.raises(FileNotFoundError):
        files.stat("nowhere")
