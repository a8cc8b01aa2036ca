"""What every stream must do, on this machine and through a real OpenSSH server alike."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from backline.transport.opening import open_stream
from backline.transport.stream import Stream
from tests.host.openssh import OpenSSHServer

Opener = Callable[[str], Stream]
SLICE = 256 * 1024


@pytest.fixture(params=["local", "ssh", "ssh plainly"])
def run(request: pytest.FixtureRequest, openssh_server: OpenSSHServer) -> Opener:
    connection, _, plainly = request.param.partition(" ")
    settings = openssh_server.changed(connection=connection, one_flight=not plainly)
    return lambda command: open_stream(settings, command)


def read_to_the_end(stream: Stream) -> bytes:
    return b"".join(iter(lambda: stream.read(65536), b""))


def read_exactly(stream: Stream, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        data = stream.read(size - len(found))
        assert data, f"the stream ended after {len(found)} bytes: {stream.error_output()}"
        found += data
    return bytes(found)


def test_bytes_are_exact_both_ways_at_once(run: Opener) -> None:
    content = os.urandom(9 * 1024 * 1024 + 17)  # more than two windows each way
    stream = run("exec cat")

    def write() -> None:
        view = memoryview(content)
        for start in range(0, len(view), SLICE):
            stream.write(view[start : start + SLICE])

    writer = threading.Thread(target=write)
    writer.start()
    assert read_exactly(stream, len(content)) == content
    writer.join()
    stream.close()


def test_exit_code_comes_after_the_end(run: Opener) -> None:
    stream = run("echo words; exit 7")
    assert read_to_the_end(stream) == b"words\n"
    assert stream.exit_code() == 7
    stream.close()


def test_missing_program_is_told(run: Opener) -> None:
    stream = run("exec no-such-python -c pass")
    assert read_to_the_end(stream) == b""
    assert stream.exit_code() == 127
    assert "not found" in stream.error_output()
    stream.close()


def test_errors_are_kept_apart_and_bounded(run: Opener) -> None:
    stream = run("head -c 5000000 /dev/zero | tr '\\0' x >&2; echo; echo; echo last words >&2; echo out")
    assert read_to_the_end(stream) == b"\n\nout\n"  # five megabytes of errors stopped nothing
    assert stream.error_output().endswith("xlast words")
    assert len(stream.error_output()) <= 16 * 1024
    stream.close()


def test_closing_wakes_the_reader_and_refuses_writes(run: Opener) -> None:
    stream = run("exec cat")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(stream.read(10)))
    reader.start()
    stream.close()
    reader.join(20)
    assert read == [b""]
    with pytest.raises(OSError):
        stream.write(b"more")


def test_other_side_sees_the_end_when_we_close(run: Opener, tmp_path: os.PathLike[str]) -> None:
    left = os.path.join(tmp_path, "left")
    os.mkfifo(left)
    stream = run(f"cat >/dev/null; exec echo gone >{left}")
    stream.close()
    with open(left) as told:  # opening waits for the other side's echo
        assert told.read() == "gone\n"
