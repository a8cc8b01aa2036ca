"""Every file that is sent is told, and how far the upload has come."""

from __future__ import annotations

from pathlib import Path

from backline.agent.events import Event, Kind
from backline.fleet.session import PIECE
from backline.fleet.upload import Upload, upload_of
from backline.resources.blobs import blob_id
from tests.host.engine.conftest import Connected
from tests.host.engine.processes import shell


def sent(events: list[Event], kind: str) -> list[tuple[str, Upload]]:
    return [(event.subject, upload_of(event)) for event in events if event.kind == kind]


def test_every_path_is_told_once_and_the_counts_end_at_the_total(connected: Connected, tmp_path: Path) -> None:
    contents = {b"small": ("a.txt",), b"": ("empty", "also/empty")}
    session = connected.session
    session.begin_upload(3, 5)
    for content, paths in contents.items():
        session.put_blob(blob_id(content), content, str(tmp_path), paths)
    session.perform(shell("true"))
    assert sent(connected.events, Kind.SENT) == [
        ("a.txt", Upload(1, 3, 5, 5)),
        ("empty", Upload(2, 3, 5, 5)),
        ("also/empty", Upload(3, 3, 5, 5)),
    ]
    assert [event.detail["bytes"] for event in connected.events if event.kind == Kind.SENT] == [5, 0, 0]


def test_a_large_file_is_told_piece_by_piece(connected: Connected, tmp_path: Path) -> None:
    content = bytes(2 * PIECE + 1)
    session = connected.session
    session.begin_upload(1, len(content))
    session.put_blob(blob_id(content), content, str(tmp_path), ("film.mp4",))
    session.perform(shell("true"))
    assert sent(connected.events, Kind.SENDING) == [
        ("film.mp4", Upload(0, 1, PIECE, len(content))),
        ("film.mp4", Upload(0, 1, 2 * PIECE, len(content))),
    ]
    assert sent(connected.events, Kind.SENT) == [("film.mp4", Upload(1, 1, len(content), len(content)))]
