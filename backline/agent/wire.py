"""The frames that controller and agent exchange: a length, a kind, then JSON, packed JSON or bytes.

    4 bytes  length of the payload, big-endian
    1 byte   kind: J is JSON, Z the same packed by zlib, B bytes that belong to the message before
    payload

docs/architecture.md lists the messages. Both sides use this file, so it is kept to what a host may import.
"""

from __future__ import annotations

import json
import zlib
from struct import Struct

from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = 1
"""The version of the messages; the agent's first message tells it."""

HEADER = Struct(">Ic")
LARGEST = 64 * 1024 * 1024
"""Bytes; a longer frame is refused, since nothing of ours is that long."""

WORTH_PACKING = 1024
JSON, PACKED, BYTES = b"J", b"Z", b"B"


class BrokenFrame(Failure):
    """What came in is not a frame of ours: another program writes on the line, or the versions differ."""


def message_frame(message: Mapping[str, object]) -> bytes:
    """A message as a frame, packed where that saves bytes."""
    payload = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    if len(payload) < WORTH_PACKING:
        return HEADER.pack(len(payload), JSON) + payload
    packed = zlib.compress(payload, 6)
    return HEADER.pack(len(packed), PACKED) + packed


def bytes_frame(payload: bytes) -> bytes:
    """Bytes that belong to the message before; an empty frame ends them."""
    return HEADER.pack(len(payload), BYTES) + payload


class FrameReader:
    """Turns what was read, in whatever pieces it came, into messages (dict) and bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, object] | bytes]:
        """The frames that are complete now. Raises BrokenFrame."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, kind = HEADER.unpack_from(self._buffer)
            if kind not in (JSON, PACKED, BYTES) or length > LARGEST:
                came = repr(bytes(self._buffer[:80]))
                raise BrokenFrame("what came from the other side is not Backline's", lines=(came,))
            if len(self._buffer) < HEADER.size + length:
                return
            payload = bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]
            yield payload if kind == BYTES else _message(payload, kind)


def _message(payload: bytes, kind: bytes) -> dict[str, object]:
    text = zlib.decompress(payload) if kind == PACKED else payload
    message = json.loads(text.decode("utf-8", "surrogatepass"))
    if not isinstance(message, dict):
        raise BrokenFrame("a message is not an object", lines=(repr(text[:80]),))
    return message
