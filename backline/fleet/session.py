"""The controller's side of one connection and its agent: requests out, events and answers in.

One thread only reads, so two full windows can never wait for each other; whoever asks writes. Requests may be sent
ahead (`begin`) without waiting for the answer to the one before; the agent does them in order.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError

from backline.agent.bootstrap import ahead_frame, beyond_start, shipped_sources, start_stream
from backline.agent.events import Event, Kind, Outcome
from backline.agent.facts import Facts
from backline.agent.faults import as_failure
from backline.agent.wire import VERSION, FrameReader, bytes_frame, message_frame
from backline.fleet.agent_end import agent_end
from backline.fleet.hiding import Hiding
from backline.fleet.requests import Pending, Requests
from backline.fleet.upload import Upload
from backline.resources.codec import decoded, encoded, kinds_in
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import Failure, Unreachable
from backline.resources.resource import Action
from backline.transport.stream import Stream

PING = 4.0
"""Seconds between two signs of life to the agent."""
SILENCE = 15.0
"""Seconds without a byte from the agent after which the host is taken for lost."""
WAKES = 0.2
"""Seconds between two looks at a line whose time is over."""
PIECE = 256 * 1024
"""Bytes of a blob in one frame."""
WHAT_NOW = "what runs:  inv status\nthe same command can be given again"
GREETING = 60.0
"""Seconds that a host may take to start a Python: a give-up deadline, not a measure."""

Listener = Callable[[Event], None]


@dataclass
class Traffic:
    """What went over the wire, for the summary."""

    blobs: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    round_trips: int = 0


class Lost(Unreachable):
    """The host was there, and is no more: what it had been asked for may be done or not."""


class AgentNotStarted(Unreachable):
    """The host took our command, and no agent answered: its lines and its exit code say why."""

    exit_code: int | None = None


class Session:
    """One agent on one host. One thread at a time asks; any thread may interrupt and close."""

    outcome = Outcome.DONE
    """What a step here has come to that did not fail."""

    def __init__(
        self,
        name: str,
        open_stream: Callable[[str, bytes], Stream],
        start: Callable[[int], str],
        listener: Listener,
        silence: float = SILENCE,
        ahead: frozenset[str] = frozenset(),
    ) -> None:
        """Connect and start the agent; returns when it has said hello. `open_stream` is given the command that
        `start` makes for an agent of so many bytes, and these. Behind them goes the source of the modules `ahead`,
        since the line is idle while the agent starts.

        Raises Unreachable with what the host said instead."""
        self.name = name
        self.traffic = Traffic()
        self._hiding = Hiding()
        self._listener = listener
        self._requests = Requests(Failure("the run had ended before", host=name))
        self._hello: Future[Facts] = Future()
        self._step = ""
        self._remark = ""
        self._upload = Upload()
        self._heard = time.monotonic()
        self._listens = True
        self._silence = silence
        self._writing = threading.Lock()
        self._closed = threading.Event()
        payload = start_stream(frozenset(), b"")
        first = payload + ahead_frame(ahead)
        self._shipped = {*shipped_sources(frozenset({"backline.agent.loop"})), *beyond_start(ahead)}
        self._stream = open_stream(start(len(payload)), first)
        self.traffic.bytes_out += len(first)
        threading.Thread(target=self._read_on, name=f"{name} reads", daemon=True).start()
        # Two, since a ping that cannot be written is one of the signs of a host that is lost.
        threading.Thread(target=self._ping_on, name=f"{name} pings", daemon=True).start()
        threading.Thread(target=self._watch_silence, name=f"{name} lives", daemon=True).start()
        self.facts = self._facts()

    def enter(self, step: str) -> None:
        """What is asked from now on belongs to this step."""
        self._step = step

    def remark(self, text: str) -> None:
        """A few words that the end of this step is told with: what it came to."""
        self._remark = text

    def take_remark(self) -> str:
        """The remark of the step that ends."""
        text, self._remark = self._remark, ""
        return text

    def note(self, text: str) -> None:
        """A line for the person who watches, about this host and step."""
        self.tell(Event(Kind.NOTE, time.time(), text=text))

    def tell(self, event: Event) -> None:
        """Tell of something that happened here, at this step; without secrets."""
        if not self._closed.is_set():
            self._listener(self._hiding.event(replace(event, host=self.name, step=event.step or self._step)))

    def hide(self, secrets: Iterable[str]) -> None:
        """Values that no event of this host may show."""
        self._hiding.add(secrets)

    def masked(self, text: str) -> str:
        """What this host said, without those values: for answers that are shown as they are."""
        return self._hiding.text(text)

    def perform(self, action: Action, step: str = "") -> object:
        """Ask and wait. Raises the Failure that the agent raised, with this host's name."""
        return self.begin(action, step).result()

    def begin(self, action: Action, step: str = "", after: Pending | None = None) -> Pending:
        """Ask and do not wait. `after` is a request without whose success this one is not done. Raises Interrupted."""
        self._step = step or self._step
        pending = self._requests.register()
        form = encoded(action)
        modules = self._modules_for(form)
        message = {"m": "do", "id": pending.number, "seen": self._requests.seen, "step": self._step, "action": form}
        if modules:
            message["modules"] = modules
        if after is not None:
            message["after"] = after.number
        self._send(message_frame(message))
        return pending

    def interrupt(self) -> None:
        """What was asked for ends in Interrupted, and what is asked for from now on too; the session lives on."""
        self._send(message_frame({"m": "interrupt", "last": self._requests.stop()}))

    def go_on(self) -> None:
        """What was to stop has stopped: requests are taken again."""
        self._requests.go_on()

    def foretell(self, events: Callable[[], Iterable[Event]]) -> None:
        """What only whoever asks beforehand is told."""

    def begin_upload(self, files: int, size: int) -> None:
        """So many files with so many bytes are to come: who watches is told how far they are."""
        self._upload = Upload(files_total=files, bytes_total=size)

    def put_blob(self, blob: str, content: bytes, directory: str, paths: tuple[str, ...]) -> None:
        """Send a git blob into a directory of the host; its failure is that of the next request. Raises Interrupted.

        `paths` are those of the files in the tree that have this content."""
        self._requests.refuse_if_stopping()
        self._send(message_frame({"m": "blob", "blob": blob, "into": directory, "seen": self._requests.seen}))
        view = memoryview(content)
        for start in range(0, len(view), PIECE):
            piece = bytes(view[start : start + PIECE])
            self._send(bytes_frame(piece))
            self._upload = self._upload.with_bytes(len(piece))
            if start + PIECE < len(view):
                self.tell(Event(Kind.SENDING, time.time(), subject=paths[0], detail=self._upload.detail()))
        self._send(bytes_frame(b""))
        self.traffic.blobs += 1
        for path in paths:
            self._upload = self._upload.with_file()
            detail = {"bytes": len(content), **self._upload.detail()}
            self.tell(Event(Kind.SENT, time.time(), subject=path, detail=detail))

    def close(self) -> None:
        """The end: the line is closed, and the agent leaves when it sees that. Requests that wait fail."""
        self._end(None)

    def _facts(self) -> Facts:
        try:
            facts = self._hello.result(timeout=GREETING)
        except TimeoutError:
            self._end(None)
            raise Unreachable(f"no Python answered within {GREETING:.0f} seconds", host=self.name) from None
        self._requests.note_waited(0)
        return facts

    def _modules_for(self, form: object) -> dict[str, str]:
        """The sources that this message needs and that the agent does not have yet."""
        sources = shipped_sources(kinds_in(form))
        news = {name: text for name, text in sources.items() if name not in self._shipped}
        self._shipped.update(news)
        return news

    def _send(self, data: bytes) -> None:
        with self._writing:
            try:
                self._stream.write(data)
                self.traffic.bytes_out += len(data)
            except OSError:  # the reader finds the end of the stream as well, and knows more of why
                pass

    def _read_on(self) -> None:
        failure: Failure | None = None
        try:
            self._read_to_the_end()
        except Exception as error:
            failure = as_failure(error)
        self._end(failure or self._lost())

    def _read_to_the_end(self) -> None:
        frames = FrameReader()
        while data := self._stream.read(262144):
            self._listens = False
            self.traffic.bytes_in += len(data)
            for frame in frames.feed(data):
                if isinstance(frame, dict):
                    self._take(frame)
            self._heard = time.monotonic()  # before we listen again: what we did not hear was no silence
            self._listens = True

    def _take(self, message: dict[str, object]) -> None:
        kind = message["m"]
        if kind == "hello":
            self._greet(message)
        elif kind == "event":
            event = decoded(message["event"])
            if isinstance(event, Event):
                self.tell(event)
        elif kind in ("answer", "failure"):
            self.traffic.round_trips = int(str(message["round_trips"]))
            # Decoded before it is taken: what cannot be read ends the session, and with it whoever waits.
            value = decoded(message["value"] if kind == "answer" else message["failure"])
            pending = self._requests.take(int(str(message["id"])))
            if pending is None:
                return
            if kind == "answer":
                pending.answer.set_result(value)
            else:
                pending.answer.set_exception(self._placed(value))

    def _greet(self, message: dict[str, object]) -> None:
        facts = decoded(message["facts"])
        if message["version"] == VERSION and isinstance(facts, Facts):
            self._hello.set_result(facts)
        else:
            self._hello.set_exception(Failure("the agent speaks another version of our messages", host=self.name))

    def _placed(self, value: object) -> Failure:
        """The failure, with where it happened and without secrets."""
        failure = value if isinstance(value, Failure) else Failure(str(value))
        failure.host = failure.host or self.name
        failure.step = failure.step or self._step
        return self._hiding.failure(failure)

    def _lost(self) -> Failure:
        """Why the stream ended, in the words of whoever ended it."""
        said = tuple(self._stream.error_output().rstrip().splitlines()[-8:])
        code = self._stream.exit_code()
        end = agent_end(code, said)
        if not self._hello.done():
            cause = f"the agent could not be started: {end.reason}"
            failure = AgentNotStarted(cause, lines=said, host=self.name, hint=end.hint)
            failure.exit_code = code
            return failure
        cause = "the connection to the host, or the agent on it, was lost"
        if end.hint:
            cause = f"the agent on the host was lost: {end.reason}"
        hint = f"{end.hint}\n{WHAT_NOW}".lstrip()
        return Lost(cause, lines=said, host=self.name, step=self._step, hint=hint)

    def _ping_on(self) -> None:
        while not self._closed.wait(PING):
            self._send(message_frame({"m": "ping"}))

    def _watch_silence(self) -> None:
        """Close the line of a host that is silent; the reader then finds its end. As long as it does not listen (what
        was said is told, and a pager or a paused terminal takes nothing), nobody is silent."""
        while not self._closed.wait(max(self._heard + self._silence - time.monotonic(), WAKES)):
            if self._hello.done() and self._listens and time.monotonic() - self._heard > self._silence:
                self._stream.close()
                return

    def _end(self, failure: Failure | None) -> None:
        """Once; whoever comes first says why."""
        why = self._requests.end(failure)
        if self._closed.is_set():
            return
        self._closed.set()
        self._stream.close()
        with contextlib.suppress(InvalidStateError):  # it has said hello long ago
            self._hello.set_exception(why)
