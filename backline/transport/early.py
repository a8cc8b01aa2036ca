"""Connections that are begun before it is known what they are for: up to the key exchange, while a command still reads
what it will ask. On none of them anybody logs in, or is sent anything more, until it is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from backline.resources.dataclass import dataclass
from backline.resources.failure import Unreachable

if TYPE_CHECKING:
    from backline.transport.destination import Destination
    from backline.transport.dialling import Dialling
    from backline.transport.exchange import Transport
    from backline.transport.tcp import QuickSocket


@dataclass(frozen=True)
class Begun:
    """A line, and the key exchange that is under way on it."""

    line: QuickSocket
    transport: Transport


class Early:
    """One for each address: an sshd counts who has not logged in yet (see pace.py). Any thread may ask."""

    def __init__(self, dialling: Dialling, exchange: Callable[[Destination, QuickSocket], Transport]) -> None:
        """`exchange` begins a key exchange on a line, without waiting for its end."""
        self._dialling = dialling
        self._exchange = exchange
        self._begun: dict[tuple[str, int], Future[Begun]] = {}
        self._lock = threading.Lock()

    def begin(self, destination: Destination) -> None:
        """Connect to where one gets without a hop. What goes wrong is told to whoever takes the connection."""
        with self._lock:
            if (destination.host, destination.port) in self._begun:
                return
            coming = self._begun[destination.host, destination.port] = Future()
        threading.Thread(target=self._connect, args=(destination, coming), name="early", daemon=True).start()

    def take(self, destination: Destination) -> Begun | None:
        """The connection to there, once; None where none was begun, or it has ended meanwhile. Raises Unreachable."""
        with self._lock:
            coming = self._begun.pop((destination.host, destination.port), None)
        if coming is None:
            return None
        begun = coming.result()
        if begun.transport.is_active():
            return begun
        begun.line.close()
        return None

    def _connect(self, destination: Destination, coming: Future[Begun]) -> None:
        try:
            line = self._dialling.line(destination.host, destination.port, destination.timeout)
            coming.set_result(Begun(line, self._exchange(destination, line)))
        except Unreachable as failure:
            failure.hint = destination.hint or failure.hint
            coming.set_exception(failure)
        except Exception as error:  # whoever takes it is told
            coming.set_exception(error)
