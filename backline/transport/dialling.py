"""Lines to hosts that are opened before Paramiko is there, which takes as long to import as a round trip to a host far
away. Where ssh's own configuration may lead elsewhere, or by a hop, nothing is dialled: only Paramiko can follow it."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from backline.transport.known_hosts import SSH_PORT
from backline.transport.opening import LOCAL
from backline.transport.ssh_config import configuration_text, leads_elsewhere
from backline.transport.tcp import QuickSocket, open_socket

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings


class Dialling:
    """One for each run. On none of its lines anything is said until it is taken."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, int], Future[QuickSocket]] = {}
        self._leads_elsewhere: dict[str, bool] = {}

    def dial(self, settings: ConnectionSettings) -> None:
        """Begin to open a line, once for each address. Raises ConfigurationError."""
        if settings.connection == LOCAL or settings.proxy_jump or settings.proxy_command:
            return
        if settings.configuration not in self._leads_elsewhere:
            text = configuration_text(settings.configuration)
            self._leads_elsewhere[settings.configuration] = leads_elsewhere(text)
        address = settings.host, settings.port or SSH_PORT
        if self._leads_elsewhere[settings.configuration] or address in self._lines:
            return
        coming = self._lines[address] = Future()
        threading.Thread(target=_open, args=(*address, settings.timeout, coming), name="dial", daemon=True).start()

    def line(self, host: str, port: int, timeout: float) -> QuickSocket:
        """The line to there that was dialled, once; else a new one. Raises Unreachable."""
        coming = self._lines.pop((host, port), None)
        return open_socket(host, port, timeout) if coming is None else coming.result()


def _open(host: str, port: int, timeout: float, coming: Future[QuickSocket]) -> None:
    try:
        coming.set_result(open_socket(host, port, timeout))
    except Exception as error:  # whoever takes it is told
        coming.set_exception(error)
