"""The agent's life: say hello, do what it is asked one request after another, leave when the controller has gone."""

from __future__ import annotations

import os
import sys

from backline.agent.connection import Connection
from backline.agent.facts import gather_facts
from backline.agent.faults import as_failure
from backline.agent.incoming import receive_blob
from backline.agent.keeper import Keeper
from backline.agent.wire import VERSION
from backline.resources.codec import decoded, encoded
from backline.resources.failure import Failure, Interrupted
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

    from backline.agent.loader import ShippedModules


def serve(shipped: ShippedModules, first: bytes) -> NoReturn:
    """Serve one controller over descriptors 0 and 1; returns by leaving the process."""
    connection = Connection(*_own_descriptors(), first)
    keeper = Keeper(connection, shipped)
    connection.send({"m": "hello", "version": VERSION, "facts": encoded(gather_facts())})
    connection.start()
    Agent(connection, keeper).work()
    keeper.close()
    os._exit(0)  # what is open ends with the process; an orderly shutdown of Python would cost 30 ms


class Agent:
    """Answers requests in their order. A request that was sent `after` one that failed is not done."""

    def __init__(self, connection: Connection, keeper: Keeper) -> None:
        self._connection = connection
        self._keeper = keeper
        self._failed: set[int] = set()
        self._lost_blob: Failure | None = None
        self._seen = 0
        self._round_trips = 0

    def work(self) -> None:
        while True:
            message = self._connection.next()
            if message is None or isinstance(message, bytes):
                return
            self._count(message)
            sources = message.get("modules")
            if isinstance(sources, dict):  # whatever becomes of a request: they are not sent again
                self._keeper.shipped.sources.update(sources)
            if message["m"] == "blob":
                self._receive(str(message["into"]), str(message["blob"]))
            elif message["m"] == "do":
                self._answer(message)
            elif isinstance(sources, dict):
                self._import_ahead(sources)

    def _import_ahead(self, names: Iterable[str]) -> None:
        """What will surely be asked for, while nothing is. What cannot be imported is told to whoever asks for it."""
        for name in names:
            if self._connection.busy:
                return
            try:
                __import__(name)
            except Exception:
                pass

    def _receive(self, directory: str, blob: str) -> None:
        """Nobody waits for an answer to a blob, so its failure is that of the request that follows."""
        try:
            receive_blob(self._connection, directory, blob)
        except Failure as failure:
            self._lost_blob = self._lost_blob or failure

    def _count(self, message: dict[str, object]) -> None:
        """A round trip of the application: this message could only be sent after an answer of ours had been read."""
        seen = int(str(message["seen"]))
        self._round_trips += seen > self._seen
        self._seen = max(seen, self._seen)

    def _answer(self, message: dict[str, object]) -> None:
        number = int(str(message["id"]))
        self._connection.enter(number)
        try:
            value = self._perform(message)
        except Exception as error:
            self._failed.add(number)
            failure = encoded(as_failure(error))
            self._connection.send({"m": "failure", "id": number, "failure": failure, **self._count_told()})
        else:
            self._connection.send({"m": "answer", "id": number, "value": encoded(value), **self._count_told()})

    def _count_told(self) -> dict[str, object]:
        return {"round_trips": self._round_trips}

    def _perform(self, message: dict[str, object]) -> object:
        if message.get("after") in self._failed:
            raise Interrupted("not done, since what it follows had failed")
        if self._connection.gone:
            raise Interrupted("stopped before it was begun")
        if self._lost_blob:
            failure, self._lost_blob = self._lost_blob, None
            raise failure
        self._keeper.answers.clear()
        self._keeper.note_step(str(message.get("step", "")))
        action = decoded(message["action"])
        if not isinstance(action, Action):
            raise TypeError(f"{type(action).__name__} is not an action")
        return action.perform(self._keeper)


def _own_descriptors() -> tuple[int, int]:
    """Keep 0 and 1 for the protocol and point everybody else's input and output elsewhere."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink
