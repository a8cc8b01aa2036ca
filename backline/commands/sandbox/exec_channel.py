"""One command on one channel: started, fed, its output relayed and its exit status told, as OpenSSH's server does it.

A command without a terminal is not killed when its client goes: its pipes close, no more. A terminal is hung up.
Two threads serve a command, and both sleep in the kernel: nothing here looks again after a while.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import paramiko

from backline.commands.sandbox.terminal import Terminal

Send = Callable[[bytes | bytearray], None]

CHUNK = 65536
"""What a pipe holds at most: one read of a pipe gets all that an ended command had left in it."""

DRAIN_ROUNDS = 64
"""How often outputs are read once the command has ended: what it left running cannot hold its status back."""


class ClientLeft(threading.Event):
    """Put in the place of a channel's own event, which Paramiko sets when the channel closes, from whichever side and
    for whatever reason. It is also a descriptor that hangs up then, for poll."""

    def __init__(self) -> None:
        super().__init__()
        self.descriptor, self._other_end = os.pipe()
        self._once = threading.Lock()

    def set(self) -> None:
        with self._once:
            if not self.is_set():
                super().set()
                os.close(self._other_end)

    def close(self) -> None:
        """Give the descriptors back, once nobody polls them."""
        self.set()
        os.close(self.descriptor)


class Execution:
    """A command on its channel. `begin` must be called by the transport's own thread, which also handles the close."""

    def __init__(
        self,
        channel: paramiko.Channel,
        argv: Sequence[str | bytes],
        environment: Mapping[str, str],
        directory: Path,
        terminal: Terminal | None,
    ) -> None:
        self._channel = channel
        self._argv = argv
        self._environment = environment
        self._directory = directory
        self._terminal = terminal
        self._left = ClientLeft()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start the command and return."""
        self._channel.event = self._left
        if self._channel.closed:
            self._left.set()
        threading.Thread(target=self._run, name="command", daemon=True).start()

    def resize(self, columns: int, rows: int) -> None:
        """The client's window has another size."""
        if self._terminal is not None:
            self._terminal.resize(columns, rows)

    def _run(self) -> None:
        try:
            process = self._start()
        except OSError as error:
            self._refuse(error)
            return
        outputs: dict[int, Send]
        if self._terminal is not None:
            sink = os.dup(self._terminal.master)
            outputs = {os.dup(self._terminal.master): self._channel.sendall}
        else:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            sink = os.dup(process.stdin.fileno())
            outputs = {
                os.dup(process.stdout.fileno()): self._channel.sendall,
                os.dup(process.stderr.fileno()): self._channel.sendall_stderr,
            }
            for pipe in (process.stdin, process.stdout, process.stderr):
                pipe.close()
        feeder = threading.Thread(target=self._feed, args=(sink,), name="standard input", daemon=True)
        feeder.start()
        exited = os.pidfd_open(process.pid)
        try:
            self._relay(process, exited, outputs)
        finally:
            self._end(process, feeder, (exited, *outputs))

    def _start(self) -> subprocess.Popen[bytes]:
        argv = self._argv if self._terminal is None else self._terminal.command(self._argv)
        ends = subprocess.PIPE if self._terminal is None else subprocess.DEVNULL
        return subprocess.Popen(
            argv,
            stdin=ends,
            stdout=ends,
            stderr=ends,
            cwd=self._directory,
            env=self._environment,
            start_new_session=True,
        )

    def _refuse(self, error: OSError) -> None:
        """The command could not be started: the root is gone, or the system has no more processes to give."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.sendall_stderr(f"{error}\n".encode())
            self._channel.send_exit_status(126)
        self._close_channel()
        if self._terminal is not None:
            self._terminal.close()
        self._left.close()

    def _feed(self, sink: int) -> None:
        """Channel to command. A command that reads no more is not the client's fault: the rest is taken and dropped."""
        os.set_blocking(sink, False)
        reads = True
        while data := self._channel.recv(CHUNK):
            reads = reads and self._write_all(sink, data)
        os.close(sink)

    def _write_all(self, sink: int, data: bytes) -> bool:
        """Write everything, as fast as the command reads; False if it does not, or its client has gone."""
        rest = memoryview(data)
        room = select.poll()
        room.register(sink, select.POLLOUT)
        room.register(self._left.descriptor, 0)
        while rest:
            try:
                rest = rest[os.write(sink, rest) :]
            except BlockingIOError:
                room.poll()
                if self._left.is_set():
                    return False
            except OSError:
                return False
        return True

    def _relay(self, process: subprocess.Popen[bytes], exited: int, outputs: dict[int, Send]) -> None:
        """Command to channel, until every output has ended and the exit is told, or the client has gone."""
        waiting = select.poll()
        for descriptor in (exited, *outputs):
            waiting.register(descriptor, select.POLLIN)
        waiting.register(self._left.descriptor, 0)
        running = True
        while running or outputs:
            ready = {descriptor for descriptor, _ in waiting.poll()}
            if self._left.descriptor in ready:
                return
            for descriptor in ready & outputs.keys():
                if not self._pass_on(descriptor, outputs):
                    waiting.unregister(descriptor)
            if exited in ready:
                running = False
                waiting.unregister(exited)
                self._drain(outputs, waiting)
                self._tell_status(process.wait())
                if self._terminal is not None:
                    return

    def _pass_on(self, descriptor: int, outputs: dict[int, Send]) -> bool:
        """One read's worth of output; False, the descriptor closed and forgotten, at its end or if nobody listens."""
        try:
            data = os.read(descriptor, CHUNK)
            outputs[descriptor](data)
        except BlockingIOError:
            return True
        except (OSError, EOFError, paramiko.SSHException):
            data = b""
        if not data:
            del outputs[descriptor]
            os.close(descriptor)
        return bool(data)

    def _drain(self, outputs: dict[int, Send], waiting: select.poll) -> None:
        """Pass on what the command had written when it ended: its status comes after its output."""
        for _ in range(DRAIN_ROUNDS):
            ready = {descriptor for descriptor, _ in waiting.poll(0)} & outputs.keys()
            if not ready:
                return
            for descriptor in ready:
                if not self._pass_on(descriptor, outputs):
                    waiting.unregister(descriptor)

    def _tell_status(self, code: int) -> None:
        """The exit status, for a signal 128 and its number, as shells show it."""
        if self._channel.closed:
            return
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.send_exit_status(code if code >= 0 else 128 - code)

    def _end(self, process: subprocess.Popen[bytes], feeder: threading.Thread, descriptors: tuple[int, ...]) -> None:
        """Close our ends, then wait for a command that outlives its client, so that it does not stay as a zombie."""
        self._close_channel()
        feeder.join()
        for descriptor in descriptors:
            os.close(descriptor)
        if self._terminal is not None:
            self._terminal.close()
        self._left.close()
        process.wait()

    def _close_channel(self) -> None:
        """Close it from our side; the connection may break at this very moment."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.close()
        self._left.set()
