"""Frames come out as they went in, in whatever pieces the line delivers them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backline.agent.wire import HEADER, LARGEST, WORTH_PACKING, BrokenFrame, FrameReader, bytes_frame, message_frame

Frame = dict[str, object] | bytes
anything = some.text(some.characters()) | some.integers() | some.none() | some.booleans()
messages = some.dictionaries(some.text(), anything | some.lists(anything)).map(dict)
frames = some.lists(some.binary() | messages, max_size=6)


def written(frame: Frame) -> bytes:
    return bytes_frame(frame) if isinstance(frame, bytes) else message_frame(frame)


@given(frames, some.data())
def test_frames_arrive_whole_in_any_pieces(sent: list[Frame], data: some.DataObject) -> None:
    stream = b"".join(map(written, sent))
    cuts = data.draw(some.lists(some.integers(0, len(stream)), max_size=8).map(sorted))
    reader = FrameReader()
    came = [
        frame
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in reader.feed(stream[start:end])
    ]
    assert came == sent


def test_byte_by_byte_nothing_comes_before_its_last() -> None:
    message = {"m": "do", "text": "x" * 40}
    stream = message_frame(message)
    reader = FrameReader()
    assert [frame for byte in stream[:-1] for frame in reader.feed(bytes([byte]))] == []
    assert list(reader.feed(stream[-1:])) == [message]


@pytest.mark.parametrize("size", [WORTH_PACKING - 20, WORTH_PACKING, 300_000])
def test_long_messages_are_packed_and_come_back(size: int) -> None:
    message: dict[str, object] = {"text": "ab" * (size // 2)}
    stream = message_frame(message)
    assert len(stream) < WORTH_PACKING + HEADER.size
    assert list(FrameReader().feed(stream)) == [message]


def test_names_that_are_no_utf8_travel() -> None:
    message = {"path": "caf\udce9"}
    assert list(FrameReader().feed(message_frame(message))) == [message]


@pytest.mark.parametrize(
    "stream",
    [
        b"bash: warning: setlocale",
        HEADER.pack(4, b"X") + b"1234",
        HEADER.pack(LARGEST + 1, b"J"),
        HEADER.pack(2, b"J") + b"[]",
    ],
)
def test_what_is_not_ours_is_refused_with_what_came(stream: bytes) -> None:
    with pytest.raises(BrokenFrame) as raised:
        list(FrameReader().feed(stream))
    assert raised.value.lines[0].startswith("b'")


def test_what_was_whole_before_the_rubbish_is_still_taken() -> None:
    reader = FrameReader().feed(message_frame({"m": "hello"}) + b"Segmentation fault\n")
    assert next(reader) == {"m": "hello"}
    with pytest.raises(BrokenFrame):
        next(reader)
