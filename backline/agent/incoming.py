"""Blobs on their way in: written under the name of their git id once what came is really that."""

from __future__ import annotations

import os

from backline.agent.files import attempting
from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.agent.connection import Connection


def receive_blob(connection: Connection, directory: str, blob: str) -> None:
    """Write the bytes that follow, up to an empty piece, to `<directory>/<blob>`. Raises Failure when it cannot.

    All pieces are read in any case, so that the message after them is found."""
    pieces = _pieces(connection)
    try:
        with attempting(f"receive code into {directory}"):
            _write_blob(pieces, directory, blob)
    finally:
        for _ in pieces:
            pass


def _write_blob(pieces: Iterator[bytes], directory: str, blob: str) -> None:
    """git's id covers the size, which is known at the end only; so the file is read once more to be sure of it."""
    import hashlib

    partial = os.path.join(directory, blob + ".part")
    os.makedirs(directory, mode=0o700, exist_ok=True)
    with open(partial, "wb") as file:
        size = sum(file.write(piece) for piece in pieces)
    digest = hashlib.sha1(b"blob %d\0" % size)
    with open(partial, "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            digest.update(part)
    if digest.hexdigest() != blob:
        os.unlink(partial)
        raise Failure(f"what came as blob {blob} is another one ({digest.hexdigest()}, {size} bytes)")
    os.replace(partial, os.path.join(directory, blob))


def _pieces(connection: Connection) -> Iterator[bytes]:
    while True:
        piece = connection.next()
        if not isinstance(piece, bytes) or not piece:
            return
        yield piece
